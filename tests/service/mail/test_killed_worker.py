"""A worker killed with -9 in the middle of a letter loses none, and at most repeats that one."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from clearline.config.init_command import make_instance
from tests.instance import FIRST_DAY, NAMES, publish
from tests.journeys.provider import wait_until
from tests.service.mail.post_office import open_office

PROGRAM = """
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from clearline.config.instance import open_instance, prepare_tables
open_instance(Path(sys.argv[1]))
prepare_tables(Path(sys.argv[1]))
from django.db import transaction
from clearline.service.mail import actions as mail
from clearline.service.mail.template import Template
later = timedelta(minutes=int(sys.argv[2]))
if not later:
    for number in range(5):
        now, subject = datetime.now(UTC), f"{number:032x}"
        permit = mail.ask_to_write(subject, now)
        with transaction.atomic():
            mail.enqueue(to=f"p{number}@mail.example", template=Template.CHANGE_NOTICE, context={},
                         subject=subject, permit=permit, now=now)
mail.send_due(clock=lambda: datetime.now(UTC) + later)
"""


def test_a_killed_worker_loses_no_letter_and_sends_one_twice_at_most(tmp_path: Path) -> None:
    instance = tmp_path / "instance"
    make_instance(instance, form="accept", effective=FIRST_DAY, names=NAMES)
    publish(instance / "policy", FIRST_DAY)
    with open_office() as office:
        environment = {
            **{name: text for name, text in os.environ.items() if "DATABASE" not in name},
            "CLEARLINE_MAIL_URL": office.url,
        }
        office.drag_s = 0.4
        words = [sys.executable, "-c", PROGRAM, str(instance)]
        first = subprocess.Popen([*words, "0"], env=environment)
        wait_until(lambda: len(office.taken) >= 3, seconds=30, what="three letters")
        first.send_signal(signal.SIGKILL)
        first.wait()
        office.drag_s = 0.0
        time.sleep(0.5)  # until the server has noticed that nobody is there
        subprocess.run([*words, "6"], env=environment, check=True)

        ids = [str(each["Message-ID"]) for each in office.letters]

    assert len(set(ids)) == 5
    assert len(ids) <= 6
