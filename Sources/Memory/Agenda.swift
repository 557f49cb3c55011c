/// Whose turn it is: who has just come before those who go on, as long as these get as much done.
///
///     who has just come | those whose last turn did not do
///     ----------------- | --------------------------------
///     in their order    | in their order
///
/// So whoever wants little waits for others who want little and for one turn of those who want much,
/// not for one of each of them. Neither kind keeps the other waiting for ever.
///
/// It has room for every slot and cannot be full.
package struct Agenda: ~Copyable {
  private var coming: SlotQueue
  private var going: SlotQueue
  /// Units of work in a turn.
  private let quantum: Int
  /// How much more work those who have come have had than those who go on, as far as it matters.
  private var lead = 0
  /// Whether the slot taken out last was one that goes on.
  package private(set) var goesOn = false

  package init(
    _ name: StaticString, goingOn: StaticString, capacity: Int, quantum: Int,
    in region: inout Region
  ) {
    coming = SlotQueue(name, capacity: capacity, in: &region)
    going = SlotQueue(goingOn, capacity: capacity, in: &region)
    self.quantum = quantum
  }

  package var count: Int { coming.count + going.count }
  /// Whether there are some who go on, and none who have just come.
  package var hasOnlyGoing: Bool { coming.isEmpty && !going.isEmpty }

  /// Whether a slot has a turn to come.
  package func contains(_ slot: Int) -> Bool { coming.contains(slot) || going.contains(slot) }

  /// Gives a slot a turn, behind the others who have just come; false for one that has one to come.
  @discardableResult
  package mutating func append(_ slot: Int) -> Bool {
    guard !contains(slot) else { return false }
    coming.append(slot)
    return true
  }

  /// Gives a slot a turn behind those who have just come, even if it is one that goes on.
  package mutating func appendComing(_ slot: Int) {
    going.remove(slot)
    coming.append(slot)
  }

  /// Gives a slot a turn behind all who go on; one that is among them already keeps its own.
  package mutating func appendGoingOn(_ slot: Int) {
    coming.remove(slot)
    going.append(slot)
  }

  /// Takes out the slot whose turn it is; nil when there is none.
  package mutating func removeFirst() -> Int? {
    goesOn = coming.isEmpty || lead > quantum && !going.isEmpty
    return goesOn ? going.removeFirst() : coming.removeFirst()
  }

  /// Says how many units of work the slot taken out last has had.
  package mutating func pay(_ units: Int) {
    if goesOn {
      lead = max(lead - units, -quantum)
    } else {
      // Who has waited for nobody owes nobody anything.
      lead = going.isEmpty ? 0 : min(lead + units, 2 * quantum)
    }
  }

  /// Takes a slot out, if it stands there.
  package mutating func remove(_ slot: Int) {
    coming.remove(slot)
    going.remove(slot)
  }
}
