"""Attacks by retained messages: many, large, changing, and asked for again and again."""

import itertools

from attack import attack

import packets
from packets import PUBLISH


def topics_of_house(rooms, things):
    return [f"house/{room}/{thing}" for room in range(rooms) for thing in range(things)]


def retain(topics, payload=b"1"):
    return [packets.publish(topic, payload, retain=True) for topic in topics]


def forget(topics):
    return retain(topics, b"")


@attack(is_race=True, fills=True)
def dashboard(field):
    """4,000 wildcard subscriptions over 20,000 retained messages: a dashboard that starts."""
    return race(field, topics_of_house(4_000, 5), [f"house/{room}/+" for room in range(4_000)])


@attack(is_race=True, fills=True)
def dashboard_across(field):
    """4,000 subscriptions of the kind +/room/+ over 20,000 retained messages of 50 floors."""
    topics = [f"floor {room % 50}/room {room}/{thing}" for room in range(4_000) for thing in range(5)]
    return race(field, topics, [f"+/room {room}/+" for room in range(4_000)])


def race(field, topics, filters):
    """How long it takes until one who subscribes to all of that has got all of it."""
    field.send_all(retain(topics))
    raw = b"".join(field.subscribes(filters))
    peer = field.peer(patience=40)
    yield
    with field.work():
        peer.exchange(raw, {PUBLISH: len(topics)})
    field.count("received", peer.came[PUBLISH])
    field.filled()
    yield
    field.send_all(forget(topics))


@attack(attackers=(1_000,))
def wildcards_that_match_nothing(field):
    """1,000 connections with 20 wildcard filters that match none of 100,000 retained messages."""
    topics = [f"{number}/value" for number in range(field.fewer(100_000))]
    field.send_all(retain(topics))
    crowd = field.crowd(field.hellos(field.attackers))
    raws = [b"".join(field.subscribes(f"+/{number}-{one}" for one in range(20)))
            for number in range(field.attackers)]
    yield
    crowd.send(raws)
    crowd.hold()
    yield
    field.send_all(forget(topics))


@attack(attackers=(1, 100))
def branching_retained(field):
    """Filters +/+/…/nothing over the 16,384 retained topics {a,b}^14, 20 from each, over and over."""
    topics = ["/".join(levels) for levels in itertools.product("ab", repeat=14)]
    field.send_all(retain(topics))
    crowd = field.crowd(field.hellos(field.attackers))
    yield
    crowd.flood(b"".join(field.subscribes(f"{'+/' * 14}nothing {number}" for number in range(20))))
    yield
    field.send_all(forget(topics))


@attack(attackers=(1, 100))
def all_of_it_again(field):
    """SUBSCRIBE to # over 20,000 retained messages, over and over, by one who reads them."""
    return ask_again(field, reads=True)


@attack(attackers=(1, 100))
def all_of_it_unread(field):
    """SUBSCRIBE to # over 20,000 retained messages, over and over, by one who reads nothing."""
    return ask_again(field, reads=False)


def ask_again(field, reads):
    topics = topics_of_house(4_000, 5)
    field.send_all(retain(topics))
    crowd = field.crowd(field.hellos(field.attackers))
    yield
    crowd.flood(packets.subscribe(1, [("#", 0)]), reads)
    yield
    field.send_all(forget(topics))


@attack()
def retained_come_and_go(field):
    """Retained messages of 50,000 topics, set and deleted over and over."""
    topics = [f"r/{number}" for number in range(50_000)]
    crowd = field.crowd(field.hellos(field.attackers))
    yield
    crowd.flood(b"".join(retain(topics) + forget(topics)))
    yield
    field.send_all(forget(topics))


@attack(fills=True, newcomers_publish={"qos": 1, "retain": True})
def large_retained(field):
    """80 retained messages of a megabyte, and smaller ones in what is left between."""
    largest = min(1_000_000, field.packet_bytes - 100)
    sizes = [largest] * 80 + [largest // 10] * 20 + [largest // 100] * 20 + [100] * 2_000
    topics = [f"large/{number}" for number in range(len(sizes))]
    raws = [retained for topic, size in zip(topics, sizes) for retained in retain([topic], bytes(size))]
    yield
    peer = field.peer()
    peer.exchange(b"".join(raws) + packets.pingreq(), {packets.PINGRESP: 1})
    field.filled()
    yield
    field.send_all(forget(topics))


@attack(fills=True, newcomers_publish={"qos": 1, "retain": True})
def all_retained(field):
    """110,000 small retained messages: all the room for them."""
    topics = [f"r/{number}" for number in range(110_000)]
    yield
    peer = field.peer()
    peer.exchange(b"".join(retain(topics)) + packets.pingreq(), {packets.PINGRESP: 1})
    field.filled()
    yield
    field.send_all(forget(topics))


@attack(fills=True, newcomers_publish={"qos": 1, "retain": True})
def deep_retained(field):
    """Retained messages of topics with 65,535 levels."""
    topics = ["/" * (field.topic_bytes - 10) + str(number) for number in range(1_000)]
    yield
    peer = field.peer()
    peer.exchange(b"".join(retain(topics)) + packets.pingreq(), {packets.PINGRESP: 1})
    peer.exchange(packets.subscribe(1, [("+/+/#", 0)]), {packets.SUBACK: 1})
    field.filled()
    while peer.is_open and field.goes_on():
        peer.turn()
    yield
    field.send_all(forget(topics))
