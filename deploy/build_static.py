"""Copy the files of npm packages that pages use into static/vendor/ (git-ignored): this list and nothing else."""

import shutil
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SOURCE = ROOT / "node_modules"
TARGET = ROOT / "static" / "vendor"

# A stylesheet or script brings its source map along: the storage that adds hashes to names looks for it.
FILES = {
    "bootstrap": [
        "dist/css/bootstrap.min.css",
        "dist/css/bootstrap.min.css.map",
        "dist/js/bootstrap.bundle.min.js",
        "dist/js/bootstrap.bundle.min.js.map",
    ],
    "bootstrap-icons": ["font/bootstrap-icons.min.css"],
    "bootstrap-icons/fonts": [
        "font/fonts/bootstrap-icons.woff",
        "font/fonts/bootstrap-icons.woff2",
    ],
    "tom-select": [
        "dist/css/tom-select.bootstrap5.min.css",
        "dist/css/tom-select.bootstrap5.min.css.map",
        "dist/js/tom-select.complete.min.js",
        "dist/js/tom-select.complete.min.js.map",
    ],
}


def main() -> None:
    """Build the folder anew."""
    if not SOURCE.is_dir():
        sys.exit("node_modules is missing: run make .venv/.static")
    shutil.rmtree(TARGET, ignore_errors=True)
    for folder, names in FILES.items():
        package = folder.split("/")[0]
        for name in names:
            destination = TARGET / folder / Path(name).name
            destination.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(SOURCE / package / name, destination)


if __name__ == "__main__":
    main()
