/// How a table is shared by those who fill it, so that nobody can keep the others out of it.
///
///     |-------- for anybody --------|-- while it holds no more than is open --|-- kept --|
///     0                          freely                                            capacity
///
/// Until the table is filled to `freely` anybody may claim. Beyond that an owner may claim as long as
/// it then holds no more than what is still open. What is kept is for those who hold little: at most
/// a `part` each. So a newcomer finds room whatever a few others hold.
package struct Share: BitwiseCopyable {
  package let capacity: Int
  /// Up to where anybody may fill it.
  package let freely: Int
  /// How much is kept for those who hold little.
  package let kept: Int
  /// How much that is for each of them.
  package let part: Int

  /// A table half of which is for anybody, and a quarter of which is kept.
  ///
  /// - Parameter owners: how many may hold something of it.
  /// - Parameter need: what the least of them cannot do without.
  package init(capacity: Int, owners: Int, need: Int) {
    self.init(capacity: capacity, freely: capacity / 2, owners: owners, need: need)
  }

  /// The same of a table of which more is for anybody.
  package init(capacity: Int, freely: Int, owners: Int, need: Int) {
    let kept = capacity / 4
    self.init(
      capacity: capacity, freely: freely, kept: kept,
      part: min(max(need, kept / max(1, owners)), max(1, kept)))
  }

  package init(capacity: Int, freely: Int, kept: Int, part: Int) {
    self.capacity = capacity
    self.freely = freely
    self.kept = kept
    self.part = part
  }

  /// Whether somebody who holds so much of the table may claim so much more.
  package func allows(_ wanted: Int, holding held: Int, free: Int) -> Bool {
    // As long as it is not filled so far nobody needs to be looked at.
    if capacity - free + wanted <= freely { return wanted <= free }
    return wanted <= free && wanted <= room(holding: held, free: free)
  }

  /// How much somebody who holds so much of the table may claim.
  package func room(holding held: Int, free: Int) -> Int {
    let toAnybody = freely - (capacity - free)
    let ofOpen = (free - kept - held) / 2
    let ofPart = part - held
    return min(free, max(toAnybody, max(ofOpen, max(ofPart, 0))))
  }
}
