/// Something that is measured.
struct Contender {
  let name: String
  /// The command, given its port and where its configuration is.
  let command: (_ port: UInt16, _ configuration: String) -> [String]
  /// Beside what all brokers are told.
  let settings: String
  var isRelay = false
  /// It can open a listener for WebSocket; Debian's Mosquitto 2.0.11 says that it cannot.
  var hasWebSocket = false

  /// Whether it can be put to the load of a row.
  func suits(_ row: Row) -> Bool {
    (row.suitsRelay || !isRelay) && (!row.transport.hasWebSocket || hasWebSocket)
  }

  static func mosquitto(_ program: String, waitsForMore: Bool) -> Contender {
    Contender(
      name: waitsForMore ? "mosquitto as it comes" : "mosquitto",
      command: { [program, "-c", $1] }, settings: waitsForMore ? "" : "set_tcp_nodelay true\n")
  }

  static func swiftlet(_ program: String) -> Contender {
    Contender(
      name: "Swiftlet", command: { [program, "-c", $1] }, settings: "set_tcp_nodelay true\n",
      hasWebSocket: true)
  }

  static func relay(_ program: String) -> Contender {
    Contender(
      name: "relay", command: { port, _ in [program, "relay", "--port", "\(port)"] }, settings: "",
      isRelay: true)
  }

  func configuration(port: UInt16, inflight: Int, transport: Transport, folder: String) -> String {
    let web = transport.hasWebSocket ? "protocol websockets\n" : ""
    let encrypted =
      transport.hasTLS
      ? "certfile \(folder)/certificates/server.crt\nkeyfile \(folder)/certificates/server.key\n"
      : ""
    // Mosquitto's listeners for WebSocket take no address.
    let address = transport.hasWebSocket ? "" : " 127.0.0.1"
    return """
      listener \(port)\(address)
      allow_anonymous true
      max_queued_messages 0
      max_inflight_messages \(inflight)
      log_type none

      """ + web + encrypted + settings
  }
}

/// One line of the report: a scenario with its figures, and what is asked of Swiftlet.
struct Row {
  let name: String
  let scenario: Scenario
  var qos: UInt8 = 0
  var size = 64
  var clients = 10
  var underWay = 100
  var messages = 50_000
  var rate = 5_000
  /// What a subscriber may have unacknowledged: `max_inflight_messages`.
  var inflight = 20
  var transport = Transport.plain
  var resumes = false
  /// Connections that are open beside the load, and do nothing; the row without them is `alone`.
  var bystanders = 0
  var alone: String?
  /// Swiftlet's figure divided by Mosquitto's: at least, or at most when less is better.
  var target: Double?
  /// The relay, which reads nothing, can bear it.
  var suitsRelay = true

  /// The more messages the better; otherwise it is about the time or memory each costs.
  var isAboutSpeed: Bool {
    switch scenario {
    case .pairs, .fanIn, .fanOut, .queue, .retained: true
    case .latency, .connect, .handshake, .idle: false
    }
  }

  /// What counts is the broker's time for each connection.
  var isAboutConnecting: Bool { scenario == .connect || scenario == .handshake }

  static let all: [Row] = [
    Row(name: "pairs QoS 0: 10 pairs, 100 under way each", scenario: .pairs, target: 24),
    Row(
      name: "pairs QoS 0 singly: 100 pairs, 1 under way each", scenario: .pairs, clients: 100,
      underWay: 1, target: 1.5),
    Row(
      name: "pairs QoS 0, 16 KiB, 8 under way each", scenario: .pairs, size: 16_384, underWay: 8,
      target: 3.6),
    Row(
      name: "pairs QoS 1, window 20", scenario: .pairs, qos: 1, underWay: 20, target: 15,
      suitsRelay: false),
    Row(
      name: "pairs QoS 2, window 20", scenario: .pairs, qos: 2, underWay: 20, target: 16,
      suitsRelay: false),
    Row(
      name: "fan-in QoS 0: 100 publishers, 1 wildcard subscriber, 400 under way",
      scenario: .fanIn, clients: 100, underWay: 400, target: 7.2),
    Row(
      name: "fan-in QoS 1", scenario: .fanIn, qos: 1, clients: 100, underWay: 400, target: 8,
      suitsRelay: false),
    Row(
      name: "fan-out QoS 0: 1 publisher, 100 subscribers, 50 under way", scenario: .fanOut,
      clients: 100, underWay: 50, target: 36),
    Row(
      name: "fan-out QoS 1", scenario: .fanOut, qos: 1, clients: 100, underWay: 50, target: 26,
      suitsRelay: false),
    Row(
      name: "queue of 50,000 QoS 1 drained by one subscriber", scenario: .queue, qos: 1,
      target: 8, suitsRelay: false),
    Row(
      name: "fan-out QoS 1, max_inflight_messages 500", scenario: .fanOut, qos: 1, clients: 100,
      underWay: 50, inflight: 500, suitsRelay: false),
    Row(
      name: "queue of 50,000 QoS 1, max_inflight_messages 500", scenario: .queue, qos: 1,
      inflight: 500, suitsRelay: false),
    Row(
      name: "fan-in QoS 2", scenario: .fanIn, qos: 2, clients: 100, underWay: 400,
      suitsRelay: false),
    Row(
      name: "fan-out QoS 2", scenario: .fanOut, qos: 2, clients: 100, underWay: 50,
      suitsRelay: false),
    Row(
      name: "pairs QoS 1 singly: 100 pairs", scenario: .pairs, qos: 1, clients: 100, underWay: 1,
      suitsRelay: false),
    Row(
      name: "pairs QoS 1, 16 KiB, 8 under way each", scenario: .pairs, qos: 1, size: 16_384,
      underWay: 8, suitsRelay: false),
    Row(
      name: "pairs QoS 0, 5,000 idle connections", scenario: .pairs, bystanders: 5_000,
      alone: "pairs QoS 0: 10 pairs, 100 under way each", suitsRelay: false),
    Row(
      name: "pairs QoS 0 singly, 5,000 idle connections", scenario: .pairs, clients: 100,
      underWay: 1, bystanders: 5_000, alone: "pairs QoS 0 singly: 100 pairs, 1 under way each",
      suitsRelay: false),
    Row(
      name: "10,000 retained messages to a new subscriber", scenario: .retained,
      messages: 10_000, suitsRelay: false),
    Row(
      name: "TLS: pairs QoS 0, 100 under way each", scenario: .pairs, transport: .tls,
      suitsRelay: false),
    Row(
      name: "TLS: pairs QoS 0 singly: 100 pairs", scenario: .pairs, clients: 100, underWay: 1,
      transport: .tls, suitsRelay: false),
    Row(
      name: "TLS: pairs QoS 0, 16 KiB, 8 under way each", scenario: .pairs, size: 16_384,
      underWay: 8, transport: .tls, suitsRelay: false),
    Row(
      name: "WebSocket: pairs QoS 0, 100 under way each", scenario: .pairs, transport: .webSocket,
      suitsRelay: false),
    Row(
      name: "WebSocket: pairs QoS 0 singly: 100 pairs", scenario: .pairs, clients: 100,
      underWay: 1, transport: .webSocket, suitsRelay: false),
    Row(
      name: "TLS handshake, CONNACK, disconnect", scenario: .handshake, transport: .tls,
      suitsRelay: false),
    Row(
      name: "TLS handshake resumed, CONNACK, disconnect", scenario: .handshake, transport: .tls,
      resumes: true, suitsRelay: false),
    Row(
      name: "WebSocket handshake, CONNACK, disconnect", scenario: .handshake,
      transport: .webSocket, suitsRelay: false),
    Row(
      name: "idle TLS connections", scenario: .idle, clients: 500,
      transport: .tls, suitsRelay: false),
    Row(
      name: "idle WebSocket connections", scenario: .idle,
      clients: 1_000, transport: .webSocket, suitsRelay: false),
    Row(name: "connect, CONNACK, disconnect", scenario: .connect, clients: 50, target: 0.85),
    Row(name: "idle connections", scenario: .idle, clients: 5_000),
    Row(name: "latency at 5,000 messages a second", scenario: .latency, rate: 5_000, target: 1),
    Row(
      name: "latency at 5,000 messages a second, 5,000 idle connections", scenario: .latency,
      rate: 5_000, bystanders: 5_000, alone: "latency at 5,000 messages a second", target: 1),
    Row(name: "latency at 50,000 messages a second", scenario: .latency, rate: 50_000, target: 1),
  ]
}
