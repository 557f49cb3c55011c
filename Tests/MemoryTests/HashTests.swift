import Support
import Testing

@testable import Memory

private func hashes(_ seed: UInt64, _ texts: [[UInt8]], after prefix: UInt32 = 0) -> [UInt32] {
  let hash = SeededHash(seed: seed)
  return texts.map { hash($0.span, after: prefix) }
}

/// Texts of all lengths around a word's, which differ in a single byte.
private let texts =
  (0..<40).map { [UInt8](repeating: 0, count: $0) }
  + (0..<24).map { place in (0..<24).map { $0 == place ? 1 : 0 } }

@Test func oneSeedGivesOneHash() {
  #expect(hashes(1, texts) == hashes(1, texts))
  #expect(SeededHash(seed: 9)(1, 2) == SeededHash(seed: 9)(1, 2))
}

@Test func anotherSeedGivesOtherHashes() {
  let (first, second) = (hashes(1, texts), hashes(2, texts))
  #expect(zip(first, second).filter { $0 == $1 }.isEmpty)
}

@Test func noTwoOfManyLikeTextsCollide() {
  #expect(Set(hashes(7, texts)).count == texts.count)
}

@Test func theSameTextAfterAnotherNumberHashesOtherwise() {
  let all = (0..<8).flatMap { hashes(7, texts, after: $0) }
  #expect(Set(all).count == all.count)
}

@Test func twoNumbersHashByTheirOrderToo() {
  let hash = SeededHash(seed: 5)
  let all = (0..<30).flatMap { left in (0..<30).map { hash(UInt32(left), UInt32($0)) } }
  #expect(Set(all).count == all.count)
}

@Test func aSequenceDoesNotSoonRepeat() {
  let hash = SeededHash(seed: 5)
  var seen: Set<UInt64> = []
  var number: UInt64 = 0
  for _ in 0..<10_000 {
    number = hash.next(after: number)
    seen.insert(number)
  }
  #expect(seen.count == 10_000)
}
