/// A set of versions of MQTT.
package struct VersionSet: BitwiseCopyable {
  private var bits: UInt8

  /// Every version that there is.
  package static var all: VersionSet { VersionSet(bits: 0b111) }
  /// No version.
  package static var none: VersionSet { VersionSet(bits: 0) }

  /// Whether no version is in the set.
  package var isEmpty: Bool { bits == 0 }

  /// Whether the version is in the set.
  package func contains(_ version: ProtocolVersion) -> Bool {
    bits & VersionSet.bit(of: version) != 0
  }

  package mutating func insert(_ version: ProtocolVersion) { bits |= VersionSet.bit(of: version) }

  private static func bit(of version: ProtocolVersion) -> UInt8 { 1 << (version.rawValue - 3) }
}
