"""Users and rules for a broker: files beside its configuration, and what it is told to do with them."""

import base64
import hashlib
import os
import signal
import time

from broker import Broker
from raw_client import PATIENCE


def hashed(user, password, iterations=101, scheme=7, salt=None):
    """A line of a password file, made without any help of the broker or of Mosquitto."""
    salt = salt or os.urandom(12)
    if scheme == 6:
        digest, head = hashlib.sha512(password.encode() + salt).digest(), "$6$"
    else:
        digest = hashlib.pbkdf2_hmac("sha512", password.encode(), salt, iterations)
        head = f"$7${iterations}$"
    return f"{user}:{head}{base64.b64encode(salt).decode()}${base64.b64encode(digest).decode()}\n"


class Accounts:
    """A broker with a password file and an ACL file that a test may change."""

    def __init__(self, directory, passwords=None, rules=None, settings="", **more):
        self.directory = directory
        self.passwords, self.rules = directory / "passwords", directory / "rules"
        self.write(passwords, rules)
        keys = "" if passwords is None else f"password_file {self.passwords}\n"
        # So that a test sees what the rules say of a subscription.
        keys += "" if rules is None else f"acl_file {self.rules}\ncheck_subscriptions true\n"
        self.broker = Broker(directory, keys + settings, **more)
        self.reloads = 0

    def write(self, passwords=None, rules=None):
        for path, text in ((self.passwords, passwords), (self.rules, rules)):
            if text is not None:
                path.write_text(text)
                path.chmod(0o644)  # the broker reads them again as another user

    def reload(self, passwords=None, rules=None, succeeds=True):
        """New files, SIGHUP, and until it has been answered."""
        self.write(passwords, rules)
        words = "Reloading config." if succeeds else "was not reloaded"
        before = self.broker.log().count(words)
        self.broker.signal(signal.SIGHUP)
        deadline = time.monotonic() + PATIENCE
        while self.broker.log().count(words) == before:
            assert self.broker.is_running() and time.monotonic() < deadline, self.broker.log()
        # The next packet that the broker answers it answers by the new files.
        return self.broker.log()

    def stop(self):
        assert self.broker.stop() == 0, self.broker.log()
