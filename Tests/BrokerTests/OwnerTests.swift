import Memory
import Sessions
import Support
import Testing

@testable import Broker

/// Owners beside the obvious dictionary: whoever finds no place counts as everybody.
private struct OwnerModel: ~Copyable {
  var owners: Owners
  let count: Int
  /// How often each is held, by its handle.
  private var held: [UInt32: Int] = [:]
  /// Who stands for which key while it has a place of its own.
  private var named: [UInt64: Handle<Owner>] = [:]
  private var everybody: UInt32?
  private var holds: [Handle<Owner>] = []

  init(count: Int) {
    self.count = count
    owners = carved { Owners(count: count, sessions: 4, in: &$0) }
  }

  mutating func hold(_ key: UInt64) {
    let isKnown = named[key] != nil
    let used = held.count
    let owner = owners.hold(key: key)
    holds.append(owner)
    if let known = named[key] {
      #expect(owner == known)
    } else if let everybody, used == count {
      #expect(owner.raw == everybody)
    } else {
      #expect(held[owner.raw] == nil)
      if used == count - 1 && everybody == nil { everybody = owner.raw } else { named[key] = owner }
    }
    held[owner.raw, default: 0] += 1
    #expect(isKnown || owners.occupancy.used == held.count)
  }

  mutating func release(_ place: Int) {
    let owner = holds.remove(at: place)
    owners.release(owner)
    let left = (held[owner.raw] ?? 0) - 1
    held[owner.raw] = left > 0 ? left : nil
    if left == 0 {
      if owner.raw == everybody { everybody = nil }
      named = named.filter { $0.value != owner }
    }
  }

  mutating func step(_ random: inout Random, isFilling: Bool) {
    if holds.isEmpty || random.below(10) < (isFilling ? 7 : 3) {
      // The lower half of a key is its hash: some share it.
      let number = UInt64(random.below(3 * count))
      hold(number << 32 | number & 3)
    } else {
      release(random.below(holds.count))
    }
    check()
  }

  func check() {
    #expect(owners.occupancy.used == held.count)
    for owner in holds { #expect(Int(owners[owner].references) == held[owner.raw]) }
  }

  mutating func end() {
    while !holds.isEmpty { release(holds.count - 1) }
    #expect(owners.occupancy.used == 0)
  }
}

@Test(arguments: [1, 2, 3, 8], 0..<5)
func ownersAnswerAsADictionaryDoesHoweverFullTheyAre(count: Int, seed: Int) {
  var random = Random(seed: UInt64(seed))
  var model = OwnerModel(count: count)
  for step in 0..<2000 { model.step(&random, isFilling: step / 200 % 2 == 0) }
  model.end()
}
