import Memory

/// The request that asks for a WebSocket. [RFC 6455, 4.2.1]
package struct UpgradeRequest {
  /// The sub-protocol it is answered with: the first it offers that we speak. [MQTT-6.0.0-4]
  package private(set) var subprotocol: Subprotocol?
  /// Where its Origin stands; nil when it has none, as programs that are no browsers.
  package private(set) var origin: Range<Int>?
  /// Where its key stands.
  package private(set) var key = 0..<0

  private var hosts = 0
  private var versions = 0
  private var keys = 0
  private var origins = 0
  private var upgradesToWebSocket = false
  private var connectsForUpgrade = false
  private var isVersionRight = false
  private var hasBody = false

  /// Reads a whole header, the empty line included, as `RequestScanner` has found it.
  package init(_ bytes: Span<UInt8>, _ work: inout Work) throws(RequestRefusal) {
    work.pay(WebSocketPrice.request + WebSocketPrice.parsing(bytes.count))
    var reader = HeaderReader(bytes)
    let isOld = try UpgradeRequest.readRequestLine(&reader, bytes)
    while let field = try reader.nextField() { try take(field, of: bytes) }
    // What asks for nothing else than a page is told what lives here.
    guard upgradesToWebSocket && !isOld else { throw .upgradeRequired }
    guard connectsForUpgrade && hosts == 1 && !hasBody else { throw .badRequest }
    guard versions > 0 && isVersionRight else { throw .upgradeRequired }
    guard versions == 1 && keys == 1 && origins <= 1 else { throw .badRequest }
    guard WebSocketKey.isWellFormed(bytes.extracting(key)) else { throw .badRequest }
    guard subprotocol != nil else { throw .subprotocolMissing }
  }

  /// Whether it is HTTP/1.0, in which there is no upgrade; the path may be any.
  private static func readRequestLine(
    _ reader: inout HeaderReader, _ bytes: Span<UInt8>
  ) throws(RequestRefusal) -> Bool {
    let line = try reader.nextRequestLine()
    let version = bytes.extracting(line.version)
    guard version.equals("HTTP/1.1") || version.equals("HTTP/1.0") else {
      throw version.hasPrefix("HTTP/") ? .versionNotSupported : .badRequest
    }
    guard bytes.extracting(line.method).equals("GET") else { throw .methodNotAllowed }
    let target = bytes.extracting(line.target)
    guard target.hasPrefix("/") || target.hasPrefix("http://") else { throw .badRequest }
    return version.equals("HTTP/1.0")
  }

  private mutating func take(
    _ field: HeaderField, of bytes: Span<UInt8>
  ) throws(RequestRefusal) {
    let name = bytes.extracting(field.name)
    let value = bytes.extracting(field.value)
    if name.equalsIgnoringCase("Host") {
      hosts += 1
    } else if name.equalsIgnoringCase("Upgrade") {
      forEachToken(in: value) {
        if $0.equalsIgnoringCase("websocket") { upgradesToWebSocket = true }
      }
    } else if name.equalsIgnoringCase("Connection") {
      forEachToken(in: value) { if $0.equalsIgnoringCase("upgrade") { connectsForUpgrade = true } }
    } else if name.equalsIgnoringCase("Sec-WebSocket-Version") {
      versions += 1
      isVersionRight = value.equals("13")
    } else if name.equalsIgnoringCase("Sec-WebSocket-Key") {
      keys += 1
      key = field.value
    } else if name.equalsIgnoringCase("Sec-WebSocket-Protocol") {
      forEachToken(in: value) { if subprotocol == nil { subprotocol = Subprotocol($0) } }
    } else if name.equalsIgnoringCase("Origin") {
      origins += 1
      origin = field.value
    } else if name.equalsIgnoringCase("Transfer-Encoding") {
      hasBody = true
    } else if name.equalsIgnoringCase("Content-Length") {
      hasBody = hasBody || !value.equals("0")
    }
  }
}

/// The sub-protocols we speak.
package enum Subprotocol: UInt8, BitwiseCopyable {
  case mqtt
  /// Asked for by clients older than the standard.
  case mqttVersion3_1

  init?(_ name: Span<UInt8>) {
    if name.equals("mqtt") {
      self = .mqtt
    } else if name.equals("mqttv3.1") {
      self = .mqttVersion3_1
    } else {
      return nil
    }
  }

  package var name: StaticString {
    switch self {
    case .mqtt: return "mqtt"
    case .mqttVersion3_1: return "mqttv3.1"
    }
  }
}
