"""The process that fills in the demo's past, beside the site; it ends with the site."""

import os
from pathlib import Path

from clearline.config.instance import open_instance
from clearline.config.logs import set_up_logs, tell_falls
from clearline.kit.lifeline import watch_lifeline


def main() -> None:
    set_up_logs()
    tell_falls()
    watch_lifeline()
    open_instance(Path(os.environ["CLEARLINE_INSTANCE"]))
    from clearline.config.demo.fill import fill  # noqa: PLC0415  # its tables need Django

    fill()


if __name__ == "__main__":
    main()
