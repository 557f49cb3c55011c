"""The sessions: each function is one script, run in each version that it is for."""

import random

import packets
from packets import V5, V31, V311, Will, options

SCRIPTS = []


def script(*versions):
    def add(function):
        SCRIPTS.append((function.__name__, versions or (V31, V311, V5), function))
        return function
    return add


@script()
def each_qos_to_each_qos(talk):
    talk.connect("a")
    talk.connect("b")
    for granted in (0, 1, 2):
        talk.subscribe("b", (f"t{granted}", granted))
        for qos in (0, 1, 2):
            talk.publish("a", f"t{granted}", b"%d" % qos, qos)
    talk.disconnect("a")


@script()
def filters_and_names(talk):
    talk.connect("a")
    talk.connect("b")
    for topic_filter in ("a", "a/", "/a", "+", "+/+", "a/#", "+/b", "/+", "+/b/#", "a//b", "#"):
        talk.subscribe("b", (topic_filter, 1))
        for topic in ("a", "a/", "/a", "/", "a/b", "a/b/c", "a//b", "$a", "$a/b", "A"):
            talk.publish("a", topic, b"x")
        talk.unsubscribe("b", topic_filter)


@script()
def retained(talk):
    talk.connect("a")
    talk.connect("b")
    for qos in (0, 1, 2):
        talk.publish("a", f"r/{qos}", b"kept", qos, retain=True)
    talk.subscribe("b", ("r/#", 1))
    talk.subscribe("b", ("r/#", 1))
    talk.publish("a", "r/1", b"new", 1, retain=True)
    talk.publish("a", "r/1", b"", 1, retain=True)
    talk.unsubscribe("b", "r/#")
    talk.subscribe("b", ("r/1", 2), ("r/2", 0))
    for qos in (0, 2):
        talk.publish("a", f"r/{qos}", b"", 0, retain=True)


@script(V5)
def retain_handling_and_as_published(talk):
    talk.connect("a")
    talk.connect("b")
    talk.publish("a", "h", b"kept", 1, retain=True)
    for handling in (0, 1, 2):
        for as_published in (False, True):
            option = options(1, retain_handling=handling, retain_as_published=as_published)
            talk.subscribe("b", ("h", option))
            talk.subscribe("b", ("h", option))
            talk.publish("a", "h", b"kept", 1, retain=True)
            talk.unsubscribe("b", "h")
    talk.publish("a", "h", b"", 0, retain=True)


@script()
def session_is_kept(talk):
    keep = {"properties": {"session_expiry": 100}} if talk.version == V5 else {}
    talk.connect("a", clean=False, **keep)
    talk.subscribe("a", ("s", 2))
    talk.disconnect("a")
    talk.connect("b")
    for qos in (0, 1, 2):
        talk.publish("b", "s", b"%d" % qos, qos)
    talk.connect("a", clean=False, **keep)
    talk.publish("b", "s", b"live", 1)
    talk.disconnect("a")
    talk.connect("a", clean=True)
    talk.publish("b", "s", b"nobody", 1)
    talk.connect("a", clean=False, **keep)


@script()
def not_acknowledged_and_sent_again(talk):
    keep = {"properties": {"session_expiry": 100}} if talk.version == V5 else {}
    talk.acknowledges = False
    talk.connect("a", clean=False, **keep)
    talk.connect("b")
    talk.subscribe("a", ("u", 2))
    for qos in (1, 2, 1):
        talk.publish("b", "u", b"%d" % qos, qos)
    talk.drop("a")
    talk.connect("a", clean=False, **keep)
    talk.acknowledges = True
    talk.drop("a")
    talk.connect("a", clean=False, **keep)


@script()
def take_over(talk):
    talk.connect("a")
    talk.subscribe("a", ("t", 1))
    talk.connect("b", identifier="a")
    talk.publish("b", "t", b"x", 1)
    talk.connect("c", identifier="a", clean=False)
    talk.subscribe("c", ("t", 1))
    talk.connect("d", identifier="a", clean=False)


@script()
def wills(talk):
    talk.connect("b")
    talk.subscribe("b", ("w/#", 2))
    for qos in (0, 1, 2):
        for retain in (False, True):
            talk.connect("a", will=Will(f"w/{qos}", b"gone", qos, retain))
            talk.drop("a")
            talk.connect("a", will=Will(f"w/{qos}", b"not this", qos, retain))
            talk.disconnect("a")
        talk.publish("b", f"w/{qos}", b"", 0, retain=True)
    talk.connect("a", will=Will("w/t", b"taken over", 1))
    talk.connect("c", identifier="a")
    talk.connect("a", will=Will("w/m", b"malformed", 1))
    talk.raw("a", b"\xc1\0", "PINGREQ with flags")


@script(V5)
def wills_of_version_5(talk):
    talk.connect("b")
    talk.subscribe("b", ("w/#", 2))
    properties = [("content_type", "text"), ("user_property", ("k", "v")), ("payload_format", 1),
                  ("response_topic", "r"), ("correlation_data", b"c"), ("message_expiry", 60)]
    talk.connect("a", will=Will("w/p", "gone", 1, properties=properties))
    talk.disconnect("a", 4)
    talk.connect("a", will=Will("w/d", "later", 1, properties={"will_delay": 100}),
                 properties={"session_expiry": 100})
    talk.drop("a")
    talk.connect("a", clean=True)


@script()
def no_such_session_of_qos_2(talk):
    talk.connect("a")
    for kind in (packets.PUBACK, packets.PUBREC, packets.PUBREL, packets.PUBCOMP):
        talk.raw("a", packets.acknowledgement(kind, 77), f"{packets.TYPE_NAMES[kind]} of nothing")


@script()
def the_same_message_of_qos_2_twice(talk):
    talk.connect("a")
    talk.connect("b")
    talk.subscribe("b", ("d", 2))
    talk.publish("a", "d", b"one", 2, release=False)
    talk.publish("a", "d", b"one", 2, release=False, dup=True)
    talk.raw("a", packets.pubrel(21), "PUBREL")
    talk.raw("a", packets.pubrel(21), "PUBREL again")


@script()
def subscriptions_of_one_client_overlap(talk):
    talk.connect("a")
    talk.connect("b")
    talk.subscribe("b", ("o/#", 0), ("o/+", 2), ("o/x", 1))
    for qos in (0, 1, 2):
        talk.publish("a", "o/x", b"%d" % qos, qos)


@script(V5)
def no_local_and_identifiers(talk):
    talk.connect("a")
    talk.connect("b")
    talk.subscribe("a", ("n/#", options(1, no_local=True)), properties={"subscription_identifier": 5})
    talk.subscribe("b", ("n/1", 1), properties={"subscription_identifier": 268435455})
    talk.publish("a", "n/1", b"mine", 1)
    talk.publish("b", "n/1", b"theirs", 1)
    talk.publish("b", "n/1", b"p", 1, properties=[
        ("user_property", ("a", "1")), ("user_property", ("a", "1")), ("content_type", "c"),
        ("response_topic", "r/t"), ("correlation_data", b"\0\1"), ("payload_format", 1)])


@script(V311, V5)
def shared_subscriptions(talk):
    for name in "abc":
        talk.connect(name)
    talk.subscribe("a", ("$share/g/s", 1))
    talk.publish("c", "s", b"one member", 1)
    talk.subscribe("c", ("s", 0))
    talk.publish("c", "s", b"and an ordinary one", 1)
    talk.unsubscribe("a", "$share/g/s")
    talk.publish("c", "s", b"none", 1)
    talk.publish("c", "s", b"kept", 1, retain=True)
    talk.subscribe("a", ("$share/g/s", 1))
    talk.publish("c", "s", b"", 1, retain=True)


@script()
def filters_that_are_none(talk):
    for topic_filter in ("", "a#", "#/a", "a+", "+a/b", "a/#/b", "$share", "$share/", "$share/g",
                         "$share/g/", "$share//a", "$share/+/a", "$share/g#/a", b"\xff", b"a\0"):
        talk.connect("a")
        talk.raw("a", packets.subscribe(1, [(topic_filter, 1)], talk.version), f"SUBSCRIBE {topic_filter!r}")
        talk.connect("a")
        talk.raw("a", packets.unsubscribe(1, [topic_filter], talk.version), f"UNSUBSCRIBE {topic_filter!r}")


@script()
def names_that_are_none(talk):
    talk.connect("b")
    talk.subscribe("b", ("#", 2))
    for topic in ("", "#", "a/+", "+", b"\xff", b"a\0b", b"\xed\xa0\x80", "$SYS/x", "$share/g/a", "$x"):
        for qos in (0, 1):
            talk.connect("a")
            talk.publish("a", topic, b"x", qos)


@script()
def first_packets_that_are_none(talk):
    for kind in range(16):
        if kind == packets.CONNECT:
            continue
        talk.clients.pop("a", None)
        talk.raw("a", packets.packet(kind << 4 | (2 if kind in (6, 8, 10) else 0), b"\0\1"),
                 f"{packets.TYPE_NAMES[kind]} first")


@script()
def connects_that_are_none(talk):
    version = talk.version
    for label, settings in {
        "reserved flag": {"flags": 3}, "will flag without a will": {"flags": 6},
        "will qos 3": {"flags": 0x1E, "tail": b"\0\1w\0\1x"}, "will retain alone": {"flags": 0x22},
        "will qos alone": {"flags": 0x0A}, "level 6": {"level": 6}, "level 0": {"level": 0},
        "name MQTX": {"protocol_name": "MQTX"}, "name empty": {"protocol_name": ""},
        "bytes behind": {"tail": b"x"}, "user name missing": {"flags": 0x82},
        "empty identifier, not clean": {"client_id": "", "clean": False},
        "empty identifier": {"client_id": ""}, "ill-formed identifier": {"client_id": b"\xff"},
        "password alone": {"password": "x"}, "user and password": {"username": "u", "password": "x"},
        "null in identifier": {"client_id": b"a\0"},
    }.items():
        talk.clients.pop("a", None)
        fields = {"client_id": f"{talk.prefix}-x"} | settings
        talk.raw("a", packets.connect(version, **fields), f"CONNECT v{version} {label}")


@script()
def second_connect(talk):
    talk.connect("a")
    talk.raw("a", packets.connect(talk.version, f"{talk.prefix}-a"), "CONNECT again")


@script()
def flags_that_are_reserved(talk):
    for kind in range(1, 16):
        talk.connect("a")
        flags = 0x06 if kind == packets.PUBLISH else 0x01
        body = packets.string("t") + b"\0\1" if kind == packets.PUBLISH else b"\0\1"
        talk.raw("a", packets.packet(kind << 4 | flags, body), f"{packets.TYPE_NAMES[kind]} with flags {flags}")


@script()
def packet_identifier_zero(talk):
    version = talk.version
    for label, raw in {
        "PUBLISH qos1": packets.publish("t", b"", 1, 0, version=version),
        "PUBLISH qos2": packets.publish("t", b"", 2, 0, version=version),
        "SUBSCRIBE": packets.subscribe(0, [("t", 0)], version),
        "UNSUBSCRIBE": packets.unsubscribe(0, ["t"], version),
        "PUBREL": packets.pubrel(0),
    }.items():
        talk.connect("a")
        talk.raw("a", raw, f"{label} with identifier 0")


@script()
def subscribes_that_are_none(talk):
    version = talk.version
    bodies = {"nothing": packets.subscribe(1, [], version), "qos 3": packets.subscribe(1, [("t", 3)], version),
              "reserved bits": packets.subscribe(1, [("t", 0xC1)], version),
              "no options": packets.subscribe(1, [("t", 1)], version)[:-1]}
    for label, raw in bodies.items():
        talk.connect("a")
        header, _ = packets.header_of(raw)
        talk.raw("a", packets.packet(0x82, raw[header:]), f"SUBSCRIBE {label}")
    talk.connect("a")
    talk.raw("a", packets.unsubscribe(1, [], version), "UNSUBSCRIBE nothing")
    talk.raw("a", packets.unsubscribe(1, ["never", "subscribed"], version), "UNSUBSCRIBE of none")


@script(V5)
def properties_that_are_none(talk):
    wrong = [
        ("topic_alias 0", packets.publish("t", b"", version=V5, properties={"topic_alias": 0})),
        ("topic_alias 65535", packets.publish("t", b"", version=V5, properties={"topic_alias": 65535})),
        ("alias never set", packets.publish("", b"", version=V5, properties={"topic_alias": 1})),
        ("subscription identifier", packets.publish("t", b"", version=V5,
                                                    properties={"subscription_identifier": 1})),
        ("payload_format 2", packets.publish("t", b"", version=V5, properties={"payload_format": 2})),
        ("response topic with wildcard", packets.publish("t", b"", version=V5,
                                                         properties={"response_topic": "a/+"})),
        ("message_expiry twice", packets.publish("t", b"", version=V5, properties=[
            ("message_expiry", 1), ("message_expiry", 1)])),
        ("session_expiry in PUBLISH", packets.publish("t", b"", version=V5, properties={"session_expiry": 1})),
        ("unknown", packets.publish("t", b"", version=V5, properties=b"\x02\x7f\0")),
        ("length beyond", packets.publish("t", b"", version=V5, properties=b"\x7f")),
        ("subscription identifier 0", packets.subscribe(1, [("t", 0)], V5, {"subscription_identifier": 0})),
        ("shared and no local", packets.subscribe(1, [("$share/g/t", options(1, no_local=True))], V5)),
        ("session_expiry from 0", packets.disconnect(0, {"session_expiry": 10})),
        ("AUTH", packets.auth(0x18, {"authentication_method": "m"})),
        ("DISCONNECT with a bad reason", packets.disconnect(0x03)),
        ("PUBACK with a bad reason", packets.puback(1, 0x03)),
    ]
    for label, raw in wrong:
        talk.connect("a")
        talk.raw("a", raw, label)
    for name, value in {"receive_maximum": 0, "maximum_packet_size": 0, "request_problem_information": 2,
                        "topic_alias_maximum": 65535, "authentication_method": "m",
                        "authentication_data": b"m", "will_delay": 1}.items():
        talk.clients.pop("a", None)
        talk.raw("a", packets.connect(V5, f"{talk.prefix}-p", properties={name: value}), f"CONNECT {name} {value!r}")


@script(V5)
def topic_aliases(talk):
    talk.connect("a")
    talk.connect("b")
    talk.subscribe("b", ("alias/#", 1))
    talk.publish("a", "alias/1", b"set", 1, properties={"topic_alias": 3})
    talk.publish("a", "", b"used", 1, properties={"topic_alias": 3})
    talk.publish("a", "alias/2", b"set again", 1, properties={"topic_alias": 3})
    talk.publish("a", "", b"used again", 0, properties={"topic_alias": 3})


@script(V5)
def small_packets_and_windows(talk):
    talk.connect("a", properties={"maximum_packet_size": 40, "receive_maximum": 1})
    talk.connect("b")
    talk.subscribe("a", ("m", 2))
    talk.publish("b", "m", b"x" * 100, 1)
    talk.publish("b", "m", b"small", 1)
    talk.acknowledges = False
    for number in range(3):
        talk.publish("b", "m", b"%d" % number, 1)
    talk.acknowledges = True
    talk.publish("b", "m", b"last", 0)


TOPICS = ["a", "a/b", "b", "a/b/c", "/"]
FILTERS = TOPICS + ["#", "+", "a/#", "+/b", "a/+/c"]


def at_random(talk, seed):
    """Three Clients, each of a version of its own, that do what a seed tells them.

    Each has one subscription at a time: what becomes of those that overlap is a script of its own.
    """
    chance = random.Random(seed)
    subscribed = dict.fromkeys("abc", "none")
    versions = {name: chance.choice([V311, V5]) for name in "abc"}
    for name in "abc":
        connect_at_random(talk, name, versions[name], chance)
    for _ in range(14):
        name = chance.choice("abc")
        if talk.clients[name].is_closed:
            connect_at_random(talk, name, versions[name], chance)
        kind = chance.randrange(10)
        if kind < 4:
            talk.publish(name, chance.choice(TOPICS), chance.choice([b"", b"x", b"longer text"]),
                         chance.randrange(3), retain=chance.random() < 0.3)
        elif kind < 7:
            talk.unsubscribe(name, subscribed[name])
            subscribed[name] = chance.choice(FILTERS)
            talk.subscribe(name, (subscribed[name], chance.randrange(3)))
        elif kind == 7:
            talk.unsubscribe(name, chance.choice(FILTERS))
        elif kind == 8:
            talk.drop(name)
        else:
            talk.disconnect(name)
    if talk.clients["a"].is_closed:
        connect_at_random(talk, "a", V311, chance)
    for topic in TOPICS:
        talk.publish("a", topic, b"", 0, retain=True)


def connect_at_random(talk, name, version, chance):
    will = Will(chance.choice(TOPICS), b"gone", chance.randrange(3), chance.random() < 0.3)
    keep = {"properties": {"session_expiry": 100}} if version == V5 else {}
    is_clean = chance.random() < 0.4
    talk.connect(name, version, clean=is_clean, will=will if chance.random() < 0.4 else None,
                 **({} if is_clean else keep))
