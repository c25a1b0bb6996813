"""The real worker, with the filters of extra_filters.py."""

import extra_filters

from vsplugin.worker import __main__ as worker

if __name__ == "__main__":
    extra_filters.register()
    worker.main()
