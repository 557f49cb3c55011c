/// A control packet as the simulator sees it, written without a look at the product's codec.
struct Packet {
  enum Kind: UInt8 {
    case connect = 1
    case connack, publish, puback, pubrec, pubrel, pubcomp, subscribe, suback, unsubscribe
    case unsuback, pingreq, pingresp, disconnect, auth
  }

  /// A property: a number, or one or two strings.
  struct Property {
    let identifier: UInt8
    var number: UInt32 = 0
    var bytes: [UInt8] = []
    var value: [UInt8] = []
  }

  struct Request {
    let filter: String
    var options: UInt8 = 0

    var qos: UInt8 { options & 3 }
    var isNoLocal: Bool { options & 4 != 0 }
    var isRetainAsPublished: Bool { options & 8 != 0 }
    var retainHandling: UInt8 { options >> 4 & 3 }
  }

  struct Will {
    let topic: String
    let payload: [UInt8]
    let qos: UInt8
    let isRetained: Bool
    var properties: [Property] = []

    /// Seconds it waits after the end of the connection; nil for none.
    var delay: UInt32? { properties.first { $0.identifier == PropertyName.willDelay }?.number }
  }

  var kind: Kind
  var isDuplicate = false
  var qos: UInt8 = 0
  var isRetained = false
  var identifier: UInt16 = 0
  var topic = ""
  var payload: [UInt8] = []
  var reason: UInt8 = 0
  var codes: [UInt8] = []
  var requests: [Request] = []
  var isSessionPresent = false
  var properties: [Property] = []
  // CONNECT
  var version: UInt8 = 4
  var clientIdentifier = ""
  var isCleanStart = true
  var keepAlive: UInt16 = 0
  var will: Will?
  var userName: String?
  var password: String?

  init(_ kind: Kind) {
    self.kind = kind
  }

  /// The value of a numeric property.
  func number(_ identifier: UInt8) -> UInt32? {
    properties.first { $0.identifier == identifier }?.number
  }
}

/// The identifiers of properties that the simulator speaks of.
enum PropertyName {
  static let messageExpiry: UInt8 = 0x02
  static let subscriptionIdentifier: UInt8 = 0x0B
  static let sessionExpiry: UInt8 = 0x11
  static let assignedClientIdentifier: UInt8 = 0x12
  static let willDelay: UInt8 = 0x18
  static let receiveMaximum: UInt8 = 0x21
  static let topicAliasMaximum: UInt8 = 0x22
  static let topicAlias: UInt8 = 0x23
  static let userProperty: UInt8 = 0x26
  static let maximumPacketSize: UInt8 = 0x27
}
