import Board
import Testing

@testable import Configuration

private typealias Show = @Sendable (Reading) -> String

/// One key: what the settings show of it, its default, values with what they show, and bad values
/// with what the error says.
private struct Row: Sendable, CustomTestStringConvertible {
  let key: String
  let show: Show
  let usual: String
  let good: [String: String]
  let bad: [String: String]

  var testDescription: String { key }
}

private let notBoolean = "it is neither true nor false"
private let notNumber = "it is not a decimal number"

private func flag(_ key: String, _ usual: Bool, _ show: @escaping @Sendable (Reading) -> Bool)
  -> Row
{
  Row(
    key: key, show: { "\(show($0))" }, usual: "\(usual)",
    good: ["true": "true", "1": "true", "false": "false", "0": "false", "true # yes": "true"],
    bad: ["yes": notBoolean, "True": notBoolean, "2": notBoolean, "true false": "one word"])
}

private func number(
  _ key: String, _ usual: Int, good: [String: String], bad: [String: String],
  _ show: @escaping @Sendable (Reading) -> Int
) -> Row {
  let never = [
    "abc": notNumber, "0x10": notNumber, "010": notNumber, "1.5": notNumber, "-": notNumber,
    "+": notNumber, "9999999999999999999999": notNumber, "12 13": "one word is expected",
  ]
  return Row(
    key: key, show: { "\(show($0))" }, usual: "\(usual)", good: good,
    bad: never.merging(bad) { $1 })
}

private func range(_ least: Int, _ most: Int) -> String {
  "it must be between \(least) and \(most)"
}

private func limit(_ name: String, _ most: Int) -> String {
  "it must be at most \(most), the limit \(name) of this board, set in "
    + "Board/\(Limits.board)/Limits.swift"
}

private let limits = Limits()
private let usualAliases = min(10, limits.topicAliases)

private let flags = [
  flag("allow_anonymous", true) { $0.settings.isAnonymousAllowed },
  flag("allow_zero_length_clientid", true) { $0.settings.allowsEmptyClientIdentifier },
  flag("queue_qos0_messages", false) { $0.settings.queuesQoS0Messages },
  flag("upgrade_outgoing_qos", false) { $0.settings.upgradesOutgoingQoS },
  flag("retain_available", true) { $0.settings.isRetainAvailable },
  flag("set_tcp_nodelay", true) { $0.settings.setsTCPNoDelay },
  flag("connection_messages", true) { $0.settings.logsConnections },
  flag("log_timestamp", true) { $0.settings.isLogTimestamped },
]

private let numbers = [
  number(
    "max_inflight_messages", 20,
    good: ["0": "0", "1": "1", "-1": "0", "65534": "65534", "65535": "0", "+5": "5"],
    bad: ["65536": range(-1, 65_535), "-2": range(-1, 65_535)]
  ) { Int($0.settings.maximumInflightMessages) },
  number(
    "max_queued_messages", 1000,
    good: ["0": "0", "-1": "0", "2147483647": "2147483647", "7 #": "7"],
    bad: ["2147483648": range(-1, 2_147_483_647), "7#": notNumber]
  ) { Int($0.settings.maximumQueuedMessages) },
  number(
    "max_queued_bytes", 0, good: ["0": "0", "-1": "0", "1048576": "1048576"],
    bad: ["2147483648": range(-1, 2_147_483_647)]
  ) { Int($0.settings.maximumQueuedBytes) },
  number(
    "max_packet_size", limits.defaultPacketBytes,
    good: ["20": "20", "\(limits.packetBytes)": "\(limits.packetBytes)"],
    bad: [
      "\(limits.packetBytes + 1)": limit("packetBytes", limits.packetBytes),
      "19": range(20, limits.packetBytes), "0": range(20, limits.packetBytes),
    ]
  ) { Int($0.settings.maximumPacketBytes) },
  number(
    "message_size_limit", 0, good: ["0": "0", "268435455": "268435455"],
    bad: ["268435456": range(0, 268_435_455), "-1": range(0, 268_435_455)]
  ) { Int($0.settings.maximumPayloadBytes) },
  number(
    "max_keepalive", 0, good: ["0": "0", "10": "10", "65535": "65535"],
    bad: ["65536": range(0, 65_535), "-1": range(0, 65_535)]
  ) { Int($0.settings.maximumKeepAliveSeconds) },
  number(
    "sys_interval", 10, good: ["0": "0", "65535": "65535"],
    bad: ["65536": range(0, 65_535), "-1": range(0, 65_535)]
  ) { Int($0.settings.sysIntervalSeconds) },
  number(
    "retain_expiry_interval", 0, good: ["1": "60", "10000000": "600000000"],
    bad: ["0": range(1, 10_000_000), "10000001": range(1, 10_000_000)]
  ) { Int($0.settings.retainExpirySeconds) },
  number(
    "queue_full_wait", 10, good: ["0": "0", "3600": "3600"],
    bad: ["3601": range(0, 3600), "-1": range(0, 3600)]
  ) { Int($0.settings.queueFullWaitSeconds) },
  number(
    "connect_timeout", 10, good: ["1": "1", "3600": "3600"],
    bad: ["0": range(1, 3600), "3601": range(1, 3600)]
  ) { Int($0.settings.connectTimeoutSeconds) },
]

private let listenerNumbers = [
  number(
    "max_connections", -1,
    good: ["-1": "-1", "0": "-1", "1": "1", "\(limits.connections)": "\(limits.connections)"],
    bad: [
      "\(limits.connections + 1)": limit("connections", limits.connections),
      "-2": range(-1, limits.connections),
    ]
  ) { Int($0.settings.listener(at: 0).maximumConnections) },
  number(
    "max_qos", 2, good: ["0": "0", "1": "1", "2": "2"], bad: ["3": range(0, 2), "-1": range(0, 2)]
  ) { Int($0.settings.listener(at: 0).maximumQoS.rawValue) },
  number(
    "maximum_qos", 2, good: ["0": "0", "1": "1", "2": "2"],
    bad: ["3": range(0, 2), "-1": range(0, 2)]
  ) { Int($0.settings.listener(at: 0).maximumQoS.rawValue) },
  number(
    "max_topic_alias", usualAliases,
    good: ["0": "0", "\(limits.topicAliases)": "\(limits.topicAliases)"],
    bad: ["\(limits.topicAliases + 1)": limit("topicAliases", limits.topicAliases)]
  ) { Int($0.settings.listener(at: 0).maximumTopicAlias) },
  number(
    "max_topic_alias_broker", usualAliases, good: ["0": "0", "1": "1"],
    bad: ["65536": limit("topicAliases", limits.topicAliases)]
  ) { Int($0.settings.listener(at: 0).maximumBrokerTopicAlias) },
]

private let words = [
  Row(
    key: "queue_full", show: { "\($0.settings.queueFull)" }, usual: "reject",
    good: ["reject": "reject", "drop_oldest": "dropOldest", "drop_newest": "dropNewest"],
    bad: ["drop": "it is none of reject, drop_oldest and drop_newest"]),
  Row(
    key: "socket_domain", show: { "\($0.settings.listener(at: 0).family)" }, usual: "version4",
    good: ["ipv4": "version4", "ipv6": "version6"], bad: ["ip": "it is neither ipv4 nor ipv6"]),
  Row(
    key: "protocol", show: { _ in "mqtt" }, usual: "mqtt", good: ["mqtt": "mqtt"],
    bad: ["websockets": "only mqtt is available"]),
  Row(
    key: "per_listener_settings", show: { _ in "false" }, usual: "false",
    good: ["false": "false"], bad: ["true": "all listeners share", "maybe": notBoolean]),
  Row(
    key: "log_type", show: { "\($0.settings.logTypes.rawValue)" }, usual: "15",
    good: [
      "error": "1", "warning": "2", "notice": "4", "information": "8", "debug": "16",
      "subscribe": "32", "unsubscribe": "64", "websockets": "128", "internal": "256",
      "all": "511", "none": "0",
    ],
    bad: ["info": "none of the types", "error warning": "one word is expected"]),
  Row(
    key: "persistent_client_expiration",
    show: { "\($0.settings.maximumSessionExpirySeconds)" }, usual: "\(UInt32.max)",
    good: [
      "30s": "30", "1h": "3600", "14d": "1209600", "2w": "1209600", "2m": "5184000",
      "1y": "31536000", "136y": "4288896000", "137y": "4294967295",
      "2147483647y": "4294967295",
    ],
    bad: [
      "14": "as in 14d", "d": "as in 14d", "0d": "as in 14d", "-1d": "as in 14d",
      "14 d": "one word is expected", "1D": "as in 14d", "2147483648y": "as in 14d",
    ]),
]

private let texts = [
  Row(
    key: "auto_id_prefix", show: { $0.text($0.settings.assignedIdentifierPrefix) },
    usual: "auto-",
    good: [
      "x": "x", "é #1": "é #1",
      String(repeating: "p", count: 50): String(repeating: "p", count: 50),
    ],
    bad: [String(repeating: "p", count: 51): "it must have at most 50 bytes", "a\u{1}": "UTF-8"]),
  Row(
    key: "pid_file", show: { $0.text($0.settings.pidFile) }, usual: "",
    good: ["/run/a b.pid": "/run/a b.pid"],
    bad: [String(repeating: "/", count: 256): "it must have at most 255 bytes", "\u{0}": "UTF-8"]),
  Row(
    key: "log_timestamp_format", show: { $0.text($0.settings.logTimestampFormat) }, usual: "",
    good: ["%Y-%m-%dT%H:%M:%S": "%Y-%m-%dT%H:%M:%S", "%H %M": "%H %M"],
    bad: [String(repeating: "%", count: 101): "it must have at most 100 bytes"]),
]

private let rows = flags + numbers + listenerNumbers + words + texts

@Test(arguments: rows)
private func aKeyHasADefault(row: Row) {
  #expect(row.show(Reading("")) == row.usual)
}

@Test(arguments: rows)
private func aKeyTakesGoodValues(row: Row) {
  for (value, shown) in row.good {
    let reading = Reading("# first\n\(row.key) \(value)\n")
    #expect(reading.error == nil, "\(row.key) \(value)")
    if reading.error == nil { #expect(row.show(reading) == shown, "\(row.key) \(value)") }
  }
}

@Test(arguments: rows)
private func aKeyRefusesBadValues(row: Row) {
  for (value, reason) in row.bad {
    let error = Reading("# first\n\n\(row.key) \(value)\nsys_interval 1\n").error ?? "no error"
    #expect(error.hasPrefix("Error: a.conf:3: Invalid \"\(row.key)\" value \""), "\(error)")
    #expect(error.contains(reason) && error.hasSuffix("."), "\(value): \(error)")
  }
}

@Test(arguments: rows.map(\.key) + ["listener", "log_dest"])
private func aKeyNeedsAValue(key: String) {
  for line in [key, key + " ", "  \(key)\t \r"] {
    #expect(
      Reading("\n\(line)\n").error == "Error: a.conf:2: Empty \"\(key)\" value in configuration.")
  }
}

@Test func everyKeyOfTheTableIsTested() {
  let tested = Set(rows.map(\.key) + ["listener", "log_dest", "port", "bind_address"])
  #expect(Set(Key.allNames) == tested)
}

@Test(arguments: ["auto_id_prefix", "pid_file", "log_timestamp_format"])
func aTextIsGivenOnce(key: String) {
  #expect(
    Reading("\(key) a\n\(key) a\n").error
      == "Error: a.conf:2: Duplicate \"\(key)\" value in configuration.")
}

@Test func ofNumbersAndBooleansTheLastOneCounts() {
  let reading = Reading("sys_interval 1\nsys_interval 2\nlog_timestamp false\nlog_timestamp true")
  #expect(reading.error == nil)
  #expect(reading.settings.sysIntervalSeconds == 2)
  #expect(reading.settings.isLogTimestamped)
}
