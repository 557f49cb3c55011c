"""Attacks by passwords: many logins at once, and guesses."""

import itertools

from attack import attack
from contender import PASSWORD, USER


@attack(attackers=(500,), needs=("logins",), by_address=True)
def logins(field):
    """500 logins at once with wrong passwords of 20,000 iterations, over and over."""
    yield
    field.crowd().keep([field.hello(f"hostile{number}", username=f"user{number}", password="wrong")
                        for number in range(field.attackers)])
    yield


@attack(attackers=(100,), needs=("logins",), by_address=True)
def right_logins(field):
    """Logins with the right password of 20,000 iterations, 100 at once, over and over."""
    yield
    field.crowd().come_and_go(itertools.cycle(field.hellos(field.attackers)), at_once=field.attackers)
    yield


def guesses(field):
    return (field.hello("guess", username=USER, password=f"{PASSWORD}{number}") for number in itertools.count())


@attack(attackers=(5_000,), needs=("quick_logins",), by_address=True, most={"tries": 100})
def wrong_passwords(field):
    """Guesses at a password from one address, 5,000 at once."""
    crowd = field.crowd()
    yield
    field.count("tries", crowd.come_and_go(guesses(field), at_once=field.attackers))
    yield


@attack(attackers=(1_000,), needs=("quick_logins",), by_address=True,
        most={"tries": 5_000})
def wrong_passwords_from_everywhere(field):
    """Guesses at a password from 1,000 addresses, one at once from each."""
    crowd = field.crowd()
    crowd.addresses = itertools.cycle(f"127.1.{number // 250}.{1 + number % 250}" for number in range(1_000))
    yield
    field.count("tries", crowd.come_and_go(guesses(field), at_once=field.attackers))
    yield
