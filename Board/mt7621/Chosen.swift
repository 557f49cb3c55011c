/// What board `mt7621` chooses, less than `router` does: the code is larger, and the whole process
/// takes at most 2.25 MiB all the same.
package enum Chosen {
  static var board: StaticString { "mt7621" }

  static var connections: Int { 96 }
  static var tlsConnections: Int { 2 }
  static var webSockets: Int { 16 }
  static var subscriptions: Int { 500 }
  static var messages: Int { 750 }
  static var messageBytes: Int { 96 * 1024 }
  static var packetBytes: Int { 32 * 1024 }
  static var users: Int { 32 }
  static var turnWork: Int { 32_768 }
  static var configurationBytes: Int { 16 * 1024 }

  package typealias ConfigurationText = InlineArray<2_048, UInt8>
  package typealias PolicyTexts = InlineArray<512, UInt8>
  package typealias PerListener<Element> = InlineArray<8, Element>
  package typealias Origins<Element> = InlineArray<4, Element>
}

extension Limits {
  // All that is lower than its rule is so because of that.
  mutating func chooseOtherwise() {
    sessions = 144
    // A frame carries one packet of the largest, and no more.
    webSocketFrameBytes = packetBytes
    // What browsers send is no shorter here.
    webSocketHeaderBytes = 2_048
    topicNodes = 1_000
    sharedGroups = 16
    textBlocks = 1_000
    topicAliases = 8
    aliasTables = 16
    topicBytes = 1_024
    retained = 300
    retainedLevels = 300
    deliveries = 1_000
    unreleased = 200
    logBytes = 2_048
    // Few users, but names and hashes are as long as anywhere.
    accessTextBytes = 6 * 1024
    accessDecisions = 256
  }
}
