"""What the measurements mean: result files in, tables, figures and one HTML page out.

The package reads result folders only (`load`), turns them into tables (`analyse`), draws them (`figures`) and
writes the page (`page`). It never imports the code that was timed, nor the code that timed it; the strategies'
source files are read as text. Needs Python 3.11+, pandas, matplotlib and jinja2, which are imported by the
modules that use them, so that `import reports` alone is cheap.
"""
