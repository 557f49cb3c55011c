import Board
import MQTT
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
    bad: [
      "yes": "write true", "True": "write true", "ON;": "write true", "\"true\"": "write true",
      "no": "write false", "FALSE": "write false", "Off": "write false", "2": notBoolean,
      "= true": "write a blank instead of =", "true,false": notBoolean,
    ])
}

private func number(
  _ key: String, _ usual: Int, good: [String: String], bad: [String: String],
  _ show: @escaping @Sendable (Reading) -> Int
) -> Row {
  let never = [
    "abc": notNumber, "0x10": notNumber, "010": notNumber, "1.5": notNumber, "-": notNumber,
    "+": notNumber, "9999999999999999999999": notNumber, "= 12": "write a blank instead of =",
  ]
  return Row(
    key: key, show: { "\(show($0))" }, usual: "\(usual)", good: good,
    bad: never.merging(bad) { $1 })
}

private func range(_ least: Int, _ most: Int) -> String {
  "it must be between \(least) and \(most)"
}

private func limit(_ name: String, _ most: Int) -> String {
  "it must be at most \(most), the limit \(name) of board \(Limits.board)"
}

private let limits = Limits()
private let usualAliases = min(10, limits.topicAliases)

private let flags = [
  flag("per_listener_settings", false) { $0.settings.usesListenerSettings },
  flag("listener_allow_anonymous", true) { $0.security.allowsAnonymous },
  flag("use_username_as_clientid", false) {
    $0.settings.listener(at: 0).usesUserNameAsClientIdentifier
  },
  flag("check_retain_source", true) { $0.settings.checksRetainSource },
  flag("check_subscriptions", false) { $0.settings.checksSubscriptions },
  flag("ignore_unknown_keys", false) { $0.settings.ignoresUnknownKeys },
  flag("sandbox", true) { $0.settings.isSandboxed },
  flag("memory_lock", false) { $0.settings.locksMemory },
  flag("allow_anonymous", true) { $0.security.allowsAnonymous },
  flag("allow_zero_length_clientid", true) { $0.security.allowsEmptyClientIdentifier },
  flag("allow_duplicate_messages", true) { $0.settings.allowsDuplicates },
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
    bad: ["65536": range(-1, 65_535)]
  ) { Int($0.settings.maximumInflightMessages) },
  number(
    "max_queued_messages", 1000,
    good: ["0": "0", "-1": "0", "2147483647": "2147483647", "7 #": "7"],
    bad: ["2147483648": range(-1, 2_147_483_647), "7#": notNumber]
  ) { Int($0.settings.maximumQueuedMessages) },
  number(
    "max_inflight_bytes", 0, good: ["0": "0", "1": "1", "2147483647": "2147483647"],
    bad: ["-1": range(0, 2_147_483_647), "x": notNumber]
  ) { Int($0.settings.maximumInflightBytes) },
  number(
    "max_queued_bytes", 0, good: ["0": "0", "-1": "0", "1048576": "1048576"],
    bad: ["2147483648": range(-1, 2_147_483_647)]
  ) { Int($0.settings.maximumQueuedBytes) },
  number(
    "max_packet_size", limits.defaultPacketBytes,
    good: [
      "20": "20", "\(limits.packetBytes)": "\(limits.packetBytes)",
      "268435455": "\(limits.packetBytes)", "999999999999": "\(limits.packetBytes)",
    ],
    bad: [
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
    "connect_timeout", 30, good: ["1": "1", "3600": "3600"],
    bad: ["0": range(1, 3600), "3601": range(1, 3600)]
  ) { Int($0.settings.connectTimeoutSeconds) },
  number(
    "write_timeout", 120, good: ["0": "0", "3600": "3600"],
    bad: ["3601": range(0, 3600), "-1": range(0, 3600)]
  ) { Int($0.settings.writeTimeoutSeconds) },
]

private let newNumbers = [
  number(
    "global_max_clients", -1,
    good: [
      "-1": "-1", "0": "-1", "1": "1", "\(limits.sessions)": "\(limits.sessions)",
      "\(limits.sessions + 1)": "\(limits.sessions)", "-7": "-1",
    ],
    bad: [:]
  ) { Int($0.settings.maximumClients) },
  number(
    "global_max_connections", -1,
    good: [
      "-1": "-1", "0": "-1", "1": "1", "\(limits.connections)": "\(limits.connections)",
      "65535": "\(limits.connections)",
    ],
    bad: [:]
  ) { Int($0.settings.maximumTotalConnections) },
  number("log_facility", 255, good: ["0": "0", "7": "7"], bad: ["8": range(0, 7)]) {
    Int($0.settings.logFacility ?? 255)
  },
  number(
    "websockets_headers_size", 0, good: ["0": "0", "65535": "65535"],
    bad: ["65536": range(0, 65_535)]
  ) { Int($0.settings.webSocketHeaderBytes) },
  number("enable_proxy_protocol", 0, good: ["1": "1", "2": "2"], bad: ["0": range(1, 2)]) {
    Int($0.settings.listener(at: 0).proxyVersion)
  },
]

private let listenerNumbers = [
  number(
    "max_connections", -1,
    good: [
      "-1": "-1", "0": "-1", "1": "1", "\(limits.connections)": "\(limits.connections)",
      "65535": "\(limits.connections)", "-2": "-1",
    ],
    bad: [:]
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
    good: [
      "0": "0", "\(limits.topicAliases)": "\(limits.topicAliases)",
      "65535": "\(limits.topicAliases)",
    ],
    bad: ["-1": range(0, limits.topicAliases)]
  ) { Int($0.settings.listener(at: 0).maximumTopicAlias) },
  number(
    "max_topic_alias_broker", usualAliases,
    good: ["0": "0", "1": "1", "65536": "\(limits.topicAliases)"],
    bad: ["-1": range(0, limits.topicAliases)]
  ) { Int($0.settings.listener(at: 0).maximumBrokerTopicAlias) },
]

private let words = [
  Row(
    key: "queue_full", show: { "\($0.settings.queueFull)" }, usual: "dropNewest",
    good: [
      "reject": "reject", "drop_oldest": "dropOldest", "drop_newest": "dropNewest",
      "end_session": "endSession",
    ],
    bad: ["drop": "it is none of drop_newest, drop_oldest, end_session and reject"]),
  Row(
    key: "socket_domain", show: { "\($0.settings.listener(at: 0).family)" }, usual: "version4",
    good: ["ipv4": "version4", "ipv6": "version6"], bad: ["ip": "it is neither ipv4 nor ipv6"]),
  Row(
    key: "protocol", show: { "\($0.settings.listener(at: 0).transport)" }, usual: "mqtt",
    good: ["mqtt": "mqtt", "websockets": "webSockets"],
    bad: ["http_api": "it is neither mqtt nor websockets"]),
  Row(
    key: "accept_protocol_versions", show: { versions($0) }, usual: "345",
    good: [
      "3": "3", "4,5": "45", "5, 4 ,3": "345", "5,5": "5", ",3,4,5": "345", "4,": "4", "3,,4": "34",
      " , 5": "5",
    ],
    bad: [
      "": "", "2": "as in 4,5", "6": "as in 4,5", "4 5": "as in 4,5", ",": "as", ",,": "as",
      "34": "as in 4,5",
    ]
    .filter { !$0.key.isEmpty }),
  Row(
    key: "socket_mode", show: { String($0.settings.listener(at: 0).unixMode, radix: 8) },
    usual: "660", good: ["0600": "600", "777": "777", "0": "0"],
    bad: ["888": "as in 660", "1777": "as in 660", "00660": "as in 660", "rw": "as in 660"]),
  Row(
    key: "websockets_origin", show: { origins($0).joined(separator: "|") }, usual: "",
    good: ["https://a.example": "https://a.example", "a b": "a"],
    bad: [String(repeating: "o", count: 256): "it must have at most 255 bytes"]),
  Row(
    key: "include_dir", show: { _ in "" }, usual: "", good: ["/etc/a b": ""],
    bad: [String(repeating: "d", count: 191): "it must have at most 190 bytes"]),
  Row(
    key: "listener_auto_id_prefix", show: { $0.text($0.security.assignedIdentifierPrefix) },
    usual: "auto-", good: ["x": "x"],
    bad: [String(repeating: "p", count: 51): "it must have at most 50 bytes"]),
  Row(
    key: "log_type", show: { "\($0.settings.logTypes.rawValue)" }, usual: "15",
    good: [
      "error": "1", "warning": "2", "notice": "4", "information": "8", "debug": "16",
      "subscribe": "32", "unsubscribe": "64", "websockets": "128", "internal": "256",
      "all": "511", "none": "0", "error warning notice": "7", "error\tdebug  # both": "17",
      "none error": "1", "error none": "0",
    ],
    bad: [
      "info": "none of the types", "error info": "none of the types", "error,warning": "none of",
    ]),
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
      "14 d": "as in 14d", "1D": "as in 14d", "2147483648y": "as in 14d",
    ]),
]

private let texts = [
  Row(
    key: "password_file", show: { $0.text($0.security.passwordFile) }, usual: "",
    good: ["/run/a b": "/run/a b"],
    bad: [String(repeating: "p", count: 256): "it must have at most 255 bytes", "a\u{1}": "UTF-8"]),
  Row(
    key: "acl_file", show: { $0.text($0.security.aclFile) }, usual: "",
    good: ["/run/a b": "/run/a b"],
    bad: [String(repeating: "p", count: 256): "it must have at most 255 bytes", "a\u{1}": "UTF-8"]),
  Row(
    key: "psk_file", show: { $0.text($0.security.pskFile) }, usual: "",
    good: ["/run/a b": "/run/a b"],
    bad: [String(repeating: "p", count: 256): "it must have at most 255 bytes", "a\u{1}": "UTF-8"]),
  Row(
    key: "clientid_prefixes", show: { $0.text($0.settings.clientIdentifierPrefix) }, usual: "",
    good: ["/run/a b": "/run/a b"],
    bad: [String(repeating: "p", count: 256): "it must have at most 255 bytes", "a\u{1}": "UTF-8"]),
  Row(
    key: "user", show: { $0.text($0.settings.user) }, usual: "",
    good: ["/run/a b": "/run/a b"],
    bad: [String(repeating: "p", count: 65): "it must have at most 64 bytes", "a\u{1}": "UTF-8"]),
  Row(
    key: "bind_interface", show: { $0.text($0.settings.listener(at: 0).interface) }, usual: "",
    good: ["eth0": "eth0"],
    bad: [String(repeating: "p", count: 16): "it must have at most 15 bytes", "a\u{1}": "UTF-8"]),
  Row(
    key: "auto_id_prefix", show: { $0.text($0.security.assignedIdentifierPrefix) },
    usual: "auto-",
    good: [
      "x": "x", "é #1": "é #1",
      String(repeating: "p", count: 50): String(repeating: "p", count: 50),
    ],
    bad: [String(repeating: "p", count: 51): "it must have at most 50 bytes", "a\u{1}": "UTF-8"]),
  Row(
    key: "mount_point", show: { $0.text($0.settings.listener(at: 0).mountPoint) }, usual: "",
    good: ["home/": "home/", "a b": "a b"],
    bad: [
      "a/+": "it holds a wildcard", "#": "it holds a wildcard",
      String(repeating: "p", count: limits.topicBytes):
        limits.topicBytes > 255 ? "at most 255" : limit("topicBytes", limits.topicBytes - 1),
    ].filter { $0.key.count < 60_000 }),
  Row(
    key: "pid_file", show: { $0.text($0.settings.pidFile) }, usual: "",
    good: ["/run/a b.pid": "/run/a b.pid"],
    bad: [String(repeating: "/", count: 256): "it must have at most 255 bytes", "\u{0}": "UTF-8"]),
  Row(
    key: "log_timestamp_format", show: { $0.text($0.settings.logTimestampFormat) }, usual: "",
    good: ["%Y-%m-%dT%H:%M:%S": "%Y-%m-%dT%H:%M:%S", "%H %M": "%H %M"],
    bad: [String(repeating: "%", count: 101): "it must have at most 100 bytes"]),
]

private func versions(_ reading: Reading) -> String {
  let accepted = reading.settings.listener(at: 0).acceptedVersions
  let all = [ProtocolVersion.v3_1, .v3_1_1, .v5]
  return all.filter { accepted.contains($0) }.map { "\($0.rawValue)" }.joined()
}

private func origins(_ reading: Reading) -> [String] {
  reading.settings.listener(at: 0).origins.map { reading.text(reading.settings.origin(at: $0)) }
}

private let rows = flags + numbers + newNumbers + listenerNumbers + words + texts

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

/// Keys that are tested by functions of their own.
private let elsewhere = [
  "listener", "log_dest", "port", "bind_address", "cafile", "capath", "certfile", "keyfile",
  "crlfile", "ciphers", "psk_hint", "tls_version", "require_certificate",
  "disable_client_cert_date_checks", "use_identity_as_username", "use_subject_as_username",
]
private let persistence = ["persistence", "retained_persistence"]

@Test func everyKeyOfTheTableIsTested() {
  #expect(Set(Key.settingNames) == Set(rows.map(\.key) + elsewhere + persistence))
}

@Test(arguments: [
  ("max_packet_size 268435455", "packetBytes", limits.packetBytes),
  ("max_connections 65535", "connections", limits.connections),
  ("global_max_connections 999999", "connections", limits.connections),
  ("global_max_clients 999999", "sessions", limits.sessions),
  ("max_topic_alias 65535", "topicAliases", limits.topicAliases),
  ("max_topic_alias_broker 65535", "topicAliases", limits.topicAliases),
])
func aNumberAboveTheBoardsIsTheBoards(line: String, name: String, most: Int) {
  let reading = Reading("listener 1\n\(line)")
  let (key, value) = (line.split(separator: " ")[0], line.split(separator: " ")[1])
  #expect(reading.errors == [])
  #expect(
    reading.warnings == [
      "Warning: a.conf:2: The \"\(key)\" value \"\(value)\": as much as there is, \(most), the limit "
        + "\(name) of board \(Limits.board)."
    ])
}

@Test(arguments: [
  "allow_anonymous true false", "max_keepalive 60 s", "listener 1883 127.0.0.1 local",
  "queue_full reject always", "protocol mqtt or so", "log_dest stderr stdout",
])
func moreWordsThanOneAreToldOf(line: String) {
  let reading = Reading("listener 1\n\(line)")
  #expect(reading.errors == [] && reading.warnings.count == 1)
  #expect(
    reading.warnings.first?.hasSuffix(": only the first word counts.") == true
      || line.hasPrefix("lis"))
  #expect(
    Reading("listener 1\n\(line.split(separator: " ").prefix(2).joined(separator: " ")) # words")
      .warnings == [])
}

@Test(arguments: [
  ("password_file \"/etc/p\"", "the quotation marks are part of it"),
  ("pid_file \"/run/p\"", "the quotation marks are part of it"),
  (
    "acl_file /etc/a # who",
    "the # and all behind it is part of it; comments have lines of their own"
  ),
  (
    "log_dest file /a #b", "the # and all behind it is part of it; comments have lines of their own"
  ),
])
func aTextThatMayBeMeantOtherwiseIsToldOf(line: String, words: String) {
  let reading = Reading("listener 1\n\(line)")
  #expect(reading.errors == [] && reading.warnings.count == 1)
  #expect(reading.warnings.first?.hasSuffix(": \(words).") == true, "\(reading.warnings)")
}

@Test(arguments: persistence) func persistenceIsNotHereYet(key: String) {
  #expect(Reading("\(key) false").warnings == [])
  #expect(Reading("\(key) maybe").error?.contains(notBoolean) == true)
  let reading = Reading("# first\n\(key) true")
  #expect(reading.error == nil)
  #expect(
    reading.warnings == [
      "Warning: a.conf:2: The option \"\(key)\" has no effect: nothing is kept over a restart yet."
    ])
}

@Test(arguments: Key.ignoredNames) func anIgnoredKeyIsWarnedOf(name: String) {
  guard case .ignored(let key) = Key(name) else { return #expect(Bool(false)) }
  let reading = Reading("\(name) 1\nsys_interval 3")
  #expect(reading.error == nil && reading.settings.sysIntervalSeconds == 3)
  #expect(
    reading.warnings == [
      "Warning: a.conf:1: The option \"\(name)\" has no effect: \(key.reason)."
    ])
}

@Test(arguments: Key.refusedNames) func aRefusedKeySaysWhy(name: String) {
  guard case .refused(let key) = Key(name) else { return #expect(Bool(false)) }
  #expect(
    Reading("ignore_unknown_keys true\n\(name) 1").error
      == "Error: a.conf:2: The option \"\(name)\" is not available: \(key.reason).")
}

@Test func noKeyIsInTheTableTwice() {
  let names = Key.allNames + Key.refusedNames
  #expect(Set(names).count == names.count && !names.contains(""))
  for name in names { #expect(Key(name) != nil, "\(name)") }
  for name in ["", "x", "listener ", "allow_anonymou", "allow_anonymous listener"] {
    #expect(Key(name) == nil)
  }
}

@Test(arguments: [
  "connection", "address", "bridge_cafile", "topic", "remote_username", "try_private",
])
func bridgesAreNotHereYet(key: String) {
  #expect(
    Reading("\(key) x").error
      == "Error: a.conf:1: The option \"\(key)\" is not available: bridges are not here yet.")
}

@Test(arguments: ["plugin_opt_file", "auth_opt_x"]) func thereAreNoPlugins(key: String) {
  #expect(
    Reading("\(key) x").error
      == "Error: a.conf:1: The option \"\(key)\" is not available: there are no plugins; "
      + "use password_file and acl_file.")
}

@Test func unknownKeysMayBeIgnoredFromALineOn() {
  let reading = Reading("ignore_unknown_keys true\nfoo 1\nbar\nsys_interval 3")
  #expect(reading.error == nil && reading.settings.sysIntervalSeconds == 3)
  #expect(
    reading.warnings == [
      "Warning: a.conf:2: Unknown configuration variable \"foo\".",
      "Warning: a.conf:3: Unknown configuration variable \"bar\".",
    ])
  #expect(Reading("foo 1\nignore_unknown_keys true").error?.contains("a.conf:1:") == true)
}

@Test(arguments: ["auto_id_prefix", "pid_file", "log_timestamp_format", "user", "mount_point"])
func aTextIsGivenOnce(key: String) {
  #expect(
    Reading("\(key) a\n\(key) a\n").error
      == "Error: a.conf:2: Duplicate \"\(key)\" value in configuration: a.")
}

@Test func ofNumbersAndBooleansTheLastOneCounts() {
  let reading = Reading("sys_interval 1\nsys_interval 2\nlog_timestamp false\nlog_timestamp true")
  #expect(reading.error == nil)
  #expect(reading.settings.sysIntervalSeconds == 2)
  #expect(reading.settings.isLogTimestamped)
}
