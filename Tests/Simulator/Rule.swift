import Foundation
import MQTT

/// A rule of the protocol: bytes that break it, and what the server does then.
struct Rule {
  enum Reaction: Equatable {
    /// The connection is closed; a 5.0 client is told this reason, if there is one.
    case close(reason: UInt8?)
    /// CONNACK with this code, then the connection is closed.
    case refusal(UInt8)
    /// An acknowledgement with this code, and the connection goes on.
    case answer(Packet.Kind, UInt8)
  }

  let name: String
  let version: UInt8
  /// The CONNECT before it; nil when the rule is about the first packet.
  var connect: Packet?
  var bytes: [UInt8]
  var reaction: Reaction
  /// Milliseconds until the server may and must have reacted.
  var earliest = 0
  var latest = 1000
  /// It can only be shown where nothing is scarce.
  var needsRoom = false

  init(
    _ name: String, version: UInt8 = 5, _ bytes: [UInt8], _ reaction: Reaction
  ) {
    self.name = name
    self.version = version
    self.bytes = bytes
    self.reaction = reaction
    var connect = Packet(.connect)
    connect.version = version
    connect.clientIdentifier = "breaker"
    connect.userName = Administrator.trusted
    connect.password = Regime.password(of: Administrator.trusted, 1)
    self.connect = connect
  }

  init(_ name: String, _ packet: Packet, _ reaction: Reaction) {
    self.init(name, packet.encoded(version: 5), reaction)
  }

  /// The same as the first packet of its connection.
  func asFirst() -> Rule {
    var rule = self
    rule.connect = nil
    return rule
  }
}

// The rules of the codec: the vectors that its own tests read.
extension Rule {
  static let ofCodec: [Rule] = files.flatMap { file in
    let folder = URL(fileURLWithPath: #filePath)
      .deletingLastPathComponent().deletingLastPathComponent().appendingPathComponent("Vectors")
    let path = folder.appendingPathComponent("\(file).hex")
    guard let text = try? String(contentsOf: path, encoding: .utf8) else {
      fatalError("there are no vectors in \(path.path)")
    }
    return text.split(separator: "\n").compactMap { Rule(line: $0) }
  }

  private static let files = [
    "acknowledge", "connect", "connect-properties", "header", "leave", "publish", "subscribe",
    "text", "unsubscribe",
  ]

  /// A line of a file of vectors; nil when it breaks no rule.
  private init?(line: Substring) {
    let columns = line.split(separator: " ")
    guard columns.count == 6, columns[2] == "client", !line.hasPrefix("#"),
      let mistake = MalformedPacket.named[String(columns[3])]
    else { return nil }
    let version: UInt8 = columns[1] == "5" ? 5 : columns[1] == "3.1.1" ? 4 : 3
    let bytes = Rule.bytes(ofHexadecimal: columns[5])
    // AUTH is refused whatever it holds, for nobody has begun it.
    let isAuth = bytes.first == 0xF0
    let reason = isAuth ? ReasonCode.protocolError : mistake.reason
    self.init(
      String(columns[0]), version: version, bytes, .close(reason: reason.rawValue))
    guard bytes.first.map({ $0 >> 4 }) == 1 else { return }
    self = asFirst()
    reaction = .close(reason: nil)
  }

  private static func bytes(ofHexadecimal text: Substring) -> [UInt8] {
    let digits = text.filter { $0 != "_" }.compactMap(\.hexDigitValue)
    return stride(from: 0, to: digits.count - 1, by: 2).map {
      UInt8(digits[$0] << 4 | digits[$0 + 1])
    }
  }
}

extension MalformedPacket {
  /// Every case by its name.
  static let named: [String: MalformedPacket] = {
    var named: [String: MalformedPacket] = [:]
    for number in UInt8.min...UInt8.max {
      if let mistake = MalformedPacket(rawValue: number) { named["\(mistake)"] = mistake }
    }
    return named
  }()
}
