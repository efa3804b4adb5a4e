"""Packed journals: read like plain ones, written without loss, torn ones named."""

from __future__ import annotations

import gzip
import lzma

import pytest

from reports.__main__ import main
from reports.load.folder import NoResults, load_results
from reports.pack import CannotPack, pack
from reports.selfcheck.planted import write_journal
from tests.reports.conftest import quick_world


@pytest.fixture
def journal(tmp_path):
    return write_journal(quick_world(), tmp_path / "plain")


def packed_as(journal, folder, suffix):
    """The journal in another folder, compressed; the plain one is not in it."""
    target = folder / journal.parent.name / f"{journal.name}{suffix}"
    target.parent.mkdir(parents=True)
    target.write_bytes((lzma if suffix == ".xz" else gzip).compress(journal.read_bytes()))
    return target


@pytest.mark.parametrize("suffix", [".xz", ".gz"])
def test_a_packed_journal_reads_like_the_plain_one(journal, tmp_path, suffix):
    packed_as(journal, tmp_path / "packed", suffix)
    plain, packed = load_results(tmp_path / "plain"), load_results(tmp_path / "packed")
    assert packed.workloads[0].lines.equals(plain.workloads[0].lines)
    assert (packed.runs, packed.warnings) == (plain.runs, [])


@pytest.mark.parametrize("suffix", [".xz", ".gz"])
def test_a_torn_packed_journal_is_named_and_what_is_sound_is_used(journal, tmp_path, suffix):
    path = packed_as(journal, tmp_path / "packed", suffix)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    found = load_results(tmp_path / "packed")
    assert any(path.name in warning and "damaged" in warning for warning in found.warnings)
    whole = len(load_results(tmp_path / "plain").workloads[0].lines)
    assert 0 < len(found.workloads[0].lines) < whole
    path.write_bytes(b"rubbish that no packer wrote")
    with pytest.raises(NoResults, match="damaged"):
        load_results(tmp_path / "packed")


def test_of_one_journal_in_two_forms_the_plain_one_is_read_and_the_other_named(journal):
    (journal.parent / f"{journal.name}.xz").write_bytes(lzma.compress(journal.read_bytes()[:-1]))
    results = load_results(journal.parent.parent)
    assert [w for w in results.warnings if f"{journal.name}.xz was not read" in w]
    assert len(results.runs) == 1


def test_pack_writes_every_byte_small_and_says_what_it_did(journal, tmp_path, capsys):
    to = tmp_path / "published"
    assert main(["pack", str(journal), "--to", str(to)]) == 0
    target = to / f"{journal.name}.xz"
    assert f"wrote {target}" in capsys.readouterr().out
    assert lzma.decompress(target.read_bytes()) == journal.read_bytes()
    assert target.stat().st_size < journal.stat().st_size / 5
    assert [path.name for path in to.iterdir()] == [target.name]  # no draft is left
    assert main(["pack", str(journal), "--to", str(to)]) == 0
    assert "already" in capsys.readouterr().out


def test_pack_never_replaces_other_results(journal, tmp_path, capsys):
    to = tmp_path / "published"
    pack([journal], to)
    before = (to / f"{journal.name}.xz").read_bytes()
    with journal.open("a") as file:
        file.write('{"schema": 1, "kind": "finished", "run": "another"}\n')
    assert main(["pack", str(journal), "--to", str(to)]) == 2
    assert "holds other results" in capsys.readouterr().err
    assert (to / f"{journal.name}.xz").read_bytes() == before


@pytest.mark.parametrize(
    ("harm", "told"),
    [
        (lambda raw: raw[:-20], "torn"),
        (lambda raw: b"", "no journal record"),
        (lambda raw: b"{}\n" + raw, "left out"),
    ],
)
def test_pack_refuses_what_is_not_whole(journal, tmp_path, harm, told):
    journal.write_bytes(harm(journal.read_bytes()))
    with pytest.raises(CannotPack, match=told):
        pack([journal], tmp_path / "published")
    assert not (tmp_path / "published").exists()
