"""Attacks by Topic Filters: many, long, deep, wild, shared; made, matched and ended."""

import itertools

from attack import attack

import packets
from packets import SUBACK, UNSUBACK, V5

MANY = 110_000
# Levels of a filter that every board takes.
DEEP = 60


@attack()
def nobody(field):
    """Nobody attacks: what the machine does by itself."""
    yield
    yield


@attack(work_seconds=1)
def filters_come_and_go(field):
    """SUBSCRIBE of 110,000 filters, then DISCONNECT, over and over."""
    subscribes = field.subscribes(f"f/{number}" for number in range(MANY))
    yield
    while field.goes_on():
        with field.work():
            peer = field.peer(field.hello("filters"))
            peer.exchange(b"".join(subscribes), {SUBACK: len(subscribes)})
            peer.exchange(packets.disconnect())
            peer.close()
        field.count("rounds")
    yield


@attack(work_seconds=1)
def filters_unsubscribed(field):
    """SUBSCRIBE of 100,000 filters, then UNSUBSCRIBE of them in the order they came, over and over."""
    filters = [f"f/{number}" for number in range(100_000)]
    subscribes, unsubscribes = field.subscribes(filters), field.unsubscribes(filters)
    peer = field.peer()
    yield
    while peer.is_open and field.goes_on():
        with field.work():
            peer.exchange(b"".join(subscribes), {SUBACK: len(subscribes)})
            peer.exchange(b"".join(unsubscribes), {UNSUBACK: len(unsubscribes)})
        field.count("rounds")
    yield


@attack(attackers=(1, 100))
def filters_never_subscribed(field):
    """UNSUBSCRIBE packets of 100,000 filters that nobody has subscribed."""
    crowd = field.crowd(field.hellos(field.attackers))
    raw = b"".join(field.unsubscribes(f"f/{number}" for number in range(100_000)))
    yield
    crowd.flood(raw)
    yield


@attack(attackers=(1, 100))
def one_filter_again(field):
    """SUBSCRIBE packets that name the same filter 100,000 times."""
    crowd = field.crowd(field.hellos(field.attackers))
    raw = b"".join(field.subscribes(["again"] * 100_000))
    yield
    crowd.flood(raw)
    yield


@attack(attackers=(1, 100))
def branching_filters(field):
    """The filters {a,+}^14, each with the other, then small PUBLISHes that match all 16,384."""
    subscribes = field.subscribes("/".join(levels) for levels in itertools.product("a+", repeat=14))
    peer = field.peer()
    peer.exchange(b"".join(subscribes), {SUBACK: len(subscribes)})
    crowd = field.crowd(field.hellos(field.attackers))
    yield
    crowd.start(packets.publish("/".join("a" * 14)), repeats=True)
    while field.goes_on():
        crowd.turn(0)
        peer.turn(0)
    yield


@attack(attackers=(1, 100))
def plus_filters(field):
    """Filters +/+/+/… of every depth, with and without #, then PUBLISHes as deep."""
    depth = 190 if field.board == "host" else DEEP  # Mosquitto takes 200.
    filters = [f"{'+/' * count}{last}" for count in range(depth) for last in "+#"]
    raw = b"".join(field.subscribes(filters))
    crowd = field.crowd([hello + raw for hello in field.hellos(field.attackers)])
    yield
    crowd.flood(packets.publish("/".join("a" * depth)))
    yield


@attack(attackers=(1, 100))
def shared_groups(field):
    """9,900 groups $share/gN/t, then PUBLISHes to t."""
    subscribes = field.subscribes(f"$share/g{number}/t" for number in range(9_900))
    peer = field.peer()
    peer.exchange(b"".join(subscribes), {SUBACK: len(subscribes)})
    crowd = field.crowd(field.hellos(field.attackers))
    yield
    crowd.start(packets.publish("t"), repeats=True)
    while field.goes_on():
        crowd.turn(0)
        peer.turn(0)
    yield


@attack(attackers=(1, 100))
def absent_group(field):
    """A shared group with 5,000 absent members, then PUBLISHes of QoS 1 to it."""
    hellos = field.hellos(field.fewer(5_000), clean=False)
    joining = packets.subscribe(1, [("$share/g/t", 1)])
    field.crowd().come_and_go([hello + joining for hello in hellos], answered=9)
    crowd = field.crowd(field.hellos(field.attackers, "publisher"))
    yield
    crowd.flood([b"".join(packets.publish("t", b"", 1, 1 + number % 60_000) for number in range(2_000))])
    yield
    field.end_sessions(field.hellos(len(hellos)))


@attack()
def taken_over_with_filters(field):
    """A session with 50,000 filters, taken over again and again with Clean Start."""
    subscribes = field.subscribes(f"f/{number}" for number in range(50_000))
    yield
    while field.goes_on():
        field.peer(field.hello("taken over")).exchange(b"".join(subscribes), {SUBACK: len(subscribes)})
        field.count("rounds")
    yield


@attack(fills=True)
def texts_of_filters(field):
    """16 MB of filters: all the room for texts."""
    size = 60_000 if field.board == "host" else 1_000
    filters = [f"{number}{'x' * size}" for number in range(290)]
    filters += [f"small {number} {'x' * 60}" for number in range(3_000)]  # what is left between
    subscribes = field.subscribes(filters)
    peer = field.peer()
    yield
    peer.exchange(b"".join(subscribes), {SUBACK: len(subscribes)})
    field.filled()
    yield


@attack(fills=True)
def levels_of_filters(field):
    """360,000 levels in deep filters: all the room for levels."""
    depth = 250 if field.board == "host" else DEEP
    filters = [f"{number}{'/a' * (depth - 1)}" for number in range(1_500)]
    subscribes = field.subscribes(filters + [f"small/{number}" for number in range(2 * depth)])
    peer = field.peer()
    yield
    peer.exchange(b"".join(subscribes), {SUBACK: len(subscribes)})
    field.filled()
    yield


@attack(attackers=(1, 100), fills=True)
def all_subscriptions(field):
    """120,000 short filters: all the room for subscriptions."""
    each = 130_000 // field.attackers
    raws = [hello + b"".join(field.subscribes(f"{number}/{one}" for one in range(each)))
            for number, hello in enumerate(field.hellos(field.attackers))]
    yield
    crowd = field.crowd(raws)
    crowd.wait(1)
    field.filled()
    crowd.hold()
    yield


@attack(attackers=(50,))
def system_filters(field):
    """50 connections with 2,000 $SYS filters each."""
    raw = b"".join(field.subscribes(f"$SYS/broker/+/{one}" for one in range(2_000)))
    crowd = field.crowd(field.hellos(field.attackers))
    yield
    crowd.send(raw)
    crowd.hold()
    yield


@attack(attackers=(1, 50))
def system_filters_that_match(field):
    """SUBSCRIBE packets that name $SYS/# 2,000 times, over and over."""
    crowd = field.crowd(field.hellos(field.attackers))
    raw = b"".join(field.subscribes(["$SYS/#"] * 2_000))
    yield
    crowd.flood(raw)
    yield


@attack(attackers=(2_000,))
def system_topics_for_all(field):
    """2,000 clients subscribe to $SYS/#."""
    subscribe = packets.subscribe(1, [("$SYS/#", 0)])
    yield
    field.crowd([hello + subscribe for hello in field.hellos(field.attackers)]).hold()
    yield


@attack(attackers=(1, 100))
def identifiers_of_subscriptions(field):
    """30 filters that match the same topic, each with a Subscription Identifier, at QoS 2, and PUBLISHes to it."""
    filters = ["/".join(["+"] * depth + ["#"]) for depth in range(30)]
    raw = b"".join(
        packets.subscribe(number, [(one, 2)], V5, {"subscription_identifier": 200_000_000 + number})
        for number, one in enumerate(filters, 1))
    crowd = field.crowd([hello + raw for hello in field.hellos(field.attackers, version=V5)])
    yield
    crowd.flood(packets.publish("/".join("a" * 30), version=V5))
    yield


@attack(attackers=(101,))
def fan_out(field):
    """One publisher, 100 readers that keep up as well as they can."""
    subscribe = packets.subscribe(1, [("t", 0)])
    readers = [hello + subscribe for hello in field.hellos(field.attackers - 1, "reader")]
    crowd = field.crowd([*readers, field.hello("publisher")])
    yield
    crowd.give(crowd.everybody()[-1], packets.publish("t") * 20_000, repeats=True)
    crowd.hold()
    yield


@attack(attackers=(101,))
def fan_out_at_qos_1(field):
    """One publisher, 100 readers that acknowledge nothing."""
    subscribe = packets.subscribe(1, [("t", 1)])
    readers = [hello + subscribe for hello in field.hellos(field.attackers - 1, "reader", version=V5)]
    crowd = field.crowd([*readers, field.hello("publisher", V5)])
    raw = b"".join(packets.publish("t", b"x" * 10, 1, number, version=V5) for number in range(1, 5_000))
    yield
    crowd.give(crowd.everybody()[-1], raw, repeats=True)
    crowd.hold()
    yield
