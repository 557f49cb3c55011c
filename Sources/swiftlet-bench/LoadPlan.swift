/// Who publishes what, who subscribes to it, and how much of it at once.
struct LoadPlan {
  var publishers: Int
  var subscribers: Int
  var topic: (Int) -> String
  var filter: (Int) -> String
  /// The publishers a subscriber hears.
  var heard: (Int) -> Range<Int>
  var receiversPerMessage: Int
  /// Messages of each publisher that are sent and not yet delivered and acknowledged.
  var window: Int
  var qos: UInt8
  var size: Int
  var version: Packets.Version
  /// Messages per second of all publishers together; none: as fast as the window allows.
  var rate: Int?

  static func pairs(_ pairs: Int, window: Int, _ common: Common) -> LoadPlan {
    LoadPlan(
      publishers: pairs, subscribers: pairs, topic: { "bench/pair/\(1000 + $0)" },
      filter: { "bench/pair/\(1000 + $0)" }, heard: { $0..<$0 + 1 }, receiversPerMessage: 1,
      window: window, qos: common.qos, size: common.size, version: common.version)
  }

  static func fanIn(_ publishers: Int, window: Int, _ common: Common) -> LoadPlan {
    LoadPlan(
      publishers: publishers, subscribers: 1, topic: { "bench/in/\(1000 + $0)" },
      filter: { _ in "bench/in/+" }, heard: { _ in 0..<publishers }, receiversPerMessage: 1,
      window: window, qos: common.qos, size: common.size, version: common.version)
  }

  static func fanOut(_ subscribers: Int, window: Int, _ common: Common) -> LoadPlan {
    LoadPlan(
      publishers: 1, subscribers: subscribers, topic: { _ in "bench/out" },
      filter: { _ in "bench/out" }, heard: { _ in 0..<1 }, receiversPerMessage: subscribers,
      window: window, qos: common.qos, size: common.size, version: common.version)
  }

  struct Common {
    var qos: UInt8
    var size: Int
    var version: Packets.Version
  }
}
