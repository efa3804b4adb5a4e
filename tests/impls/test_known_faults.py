"""Known faults of packages: the list is sound, and versions, device, data type and strategy decide together."""

from __future__ import annotations

import sys

import pytest

from impls import known_faults, vlad
from impls.known_faults import Case, Fault

FAULT = Fault(
    package="compiler",
    versions=">=1.2.1, <1.4",
    device="jax gpu",
    runtime="cuda",
    dtypes=("float32",),
    strategies=("adder", "other"),
    happens="it adds slowly; 1.4 has it mended",
    link="https://example.org/1",
)
CASE = Case("adder", "float32", "jax gpu")


@pytest.mark.skipif(sys.version_info < (3, 11), reason="Python has no TOML reader of its own")
def test_the_list_is_toml_and_read_as_such():
    import tomllib

    found = tomllib.loads(known_faults.FILE.read_text(encoding="utf-8"))["fault"]
    read = [
        {**each._asdict(), "dtypes": [*each.dtypes], "strategies": [*each.strategies]}
        for each in known_faults.read()
    ]
    assert read == found


def test_the_first_entry_is_the_scatter_of_jaxlib():
    (fault,) = [each for each in known_faults.read() if each.link.endswith("/38806")]
    assert [fault.has(version) for version in ("0.10.1", "0.10.2", "0.11.0", "0.11.1", "0.12.0.1")] == [
        False,
        True,
        True,
        False,
        False,
    ]
    assert fault.dtypes == ("float32",)
    assert set(fault.strategies) <= set(vlad.strategies())


@pytest.mark.parametrize("fault", known_faults.read(), ids=lambda fault: fault.link)
def test_every_entry_can_come_true(fault):
    assert fault.strategies
    assert fault.dtypes
    assert fault.link.startswith("https://")
    assert not fault.happens.endswith(".")
    assert fault.versions == ", ".join(
        part for part in fault.versions.split(", ") if part.lstrip("<>=!")[:1].isdigit()
    )


@pytest.mark.parametrize(
    ("version", "there"),
    [
        ("1.2", False),
        ("1.2.1", True),
        ("1.2.1.dev3", True),
        ("1.3.9+cuda12", True),
        ("1.4.0", False),
        ("2", False),
    ],
)
def test_versions_are_compared_by_their_numbers(version, there):
    assert FAULT.has(version) == there
    assert FAULT._replace(versions=f"!={version}").has(version) is False


def test_all_must_match():
    assert known_faults.at_work([FAULT], {"compiler": "1.3"}, [CASE]) == {FAULT: ["adder"]}
    both = [CASE, CASE._replace(strategy="other"), CASE._replace(strategy="third")]
    assert known_faults.at_work([FAULT], {"compiler": "1.3"}, both) == {FAULT: ["adder", "other"]}
    for versions in ({}, {"compiler": None}, {"compiler": "1.4"}, {"else": "1.3"}):
        assert known_faults.at_work([FAULT], versions, [CASE]) == {}
    for change in ({"strategy": "third"}, {"dtype": "float64"}, {"device": "jax cpu"}, {"device": ""}):
        assert known_faults.at_work([FAULT], {"compiler": "1.3"}, [CASE._replace(**change)]) == {}


def test_another_runtime_has_another_compiler():
    for runtime, there in (("", True), ("PJRT C API\ncuda 12090", True), ("rocm 60400", False)):
        assert bool(known_faults.at_work([FAULT], {"compiler": "1.3"}, [CASE], runtime)) == there


def test_it_is_said_in_a_sentence():
    assert FAULT.told("1.3", ["adder", "other"]) == (
        "compiler 1.3 has a known fault: it adds slowly; 1.4 has it mended (adder, other; https://example.org/1)"
    )


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("package = 'x'\n", r"line 1: expected \[\[fault\]\]"),
        ("[[fault]]\npackage = 'x'\n", "line 2: 'x' is no string or list"),
        ('[[fault]]\npackage = "x"\n', "fault 1: expected package, versions"),
        ("[[fault]]\nnonsense\n", "line 2: expected"),
    ],
)
def test_a_broken_list_is_one_sentence(tmp_path, text, told):
    (tmp_path / "faults.toml").write_text(text)
    with pytest.raises(ValueError, match=told):
        known_faults.read(tmp_path / "faults.toml")
