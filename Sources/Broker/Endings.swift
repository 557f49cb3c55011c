import Memory

/// Sessions that come to their end by and by.
struct Endings: ~Copyable {
  /// Those that are over, and still hold something.
  var farewells: SlotQueue
  /// Those that are to end because their queues have overflown.
  var doomed: SlotQueue

  init(sessions: Int, in region: inout Region) {
    farewells = SlotQueue("farewells", capacity: sessions, in: &region)
    doomed = SlotQueue("sessions overflown", capacity: sessions, in: &region)
  }

  /// Whether there are any.
  var isEmpty: Bool { farewells.isEmpty && doomed.isEmpty }
}
