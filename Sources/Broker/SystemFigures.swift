import Memory

/// What the `$SYS` topics need beside the counters: averages, what was told last, the pools of others.
struct SystemFigures: ~Copyable {
  private let anchor = Anchor()
  var load = LoadAverages()
  /// A hash of the value that each topic had when it was published last.
  var values: SlotTable<UInt32>
  /// The topic to be published next; as many as there are when all have been.
  var next = SystemTopic.count
  /// What the Server says of pools that are not the Broker's.
  var foreignPools = ForeignPools(repeating: nil)

  init(in region: inout Region) {
    values = SlotTable("system topics", count: SystemTopic.count, in: &region)
  }
}
