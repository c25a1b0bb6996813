"""``python -m vsplugin`` is ``vsplugin``."""

from .cli import main

if __name__ == "__main__":
    main()
