import Memory
import Support
import Testing

@testable import Access

/// The testing macros cannot hold what cannot be copied.
private final class Logins {
  var failures: FailedLogins

  init(_ count: Int = 4) {
    failures = carved { FailedLogins(count: count, hash: SeededHash(seed: 7), in: &$0) }
  }

  func record(_ address: UInt64, at now: Instant) { failures.record(address, at: now) }

  func next(_ address: UInt64, at now: Instant, most: UInt64) -> Instant {
    failures.nextLogin(from: address, at: now, most: most)
  }
}

private func moment(_ milliseconds: UInt64) -> Instant {
  Instant(milliseconds: 1_000_000 + milliseconds)
}

@Test func theFirstMistakesCostNothingAndEachMoreDoublesTheWait() {
  let logins = Logins()
  var waits: [UInt64] = []
  for _ in 0..<8 {
    let next = logins.next(5, at: moment(0), most: 5000)
    waits.append(next.milliseconds - moment(0).milliseconds)
    logins.record(5, at: moment(0))
  }
  #expect(waits == [0, 0, 0, 250, 500, 1000, 2000, 4000])
  #expect(logins.next(5, at: moment(0), most: 5000) == moment(5000))
  for _ in 0..<100 { logins.record(5, at: moment(0)) }
  #expect(logins.next(5, at: moment(0), most: 5000) == moment(5000))
  #expect(logins.next(6, at: moment(0), most: 5000) == moment(0))
}

@Test func aWaitEndsAndAnAddressIsForgiven() {
  let logins = Logins()
  for _ in 0..<4 { logins.record(5, at: moment(0)) }
  #expect(logins.next(5, at: moment(499), most: 5000) == moment(500))
  #expect(logins.next(5, at: moment(500), most: 5000) == moment(500))
  #expect(logins.next(5, at: moment(900), most: 5000) == moment(900))
  #expect(logins.next(5, at: moment(60_000), most: 5000) == moment(60_000))
  logins.record(5, at: moment(60_000))
  #expect(logins.next(5, at: moment(60_000), most: 5000) == moment(60_000))
}

@Test func theAddressQuietLongestMakesRoom() {
  let logins = Logins(3)
  for address in 1...3 as ClosedRange<UInt64> {
    for _ in 0..<4 { logins.record(address, at: moment(address)) }
  }
  for _ in 0..<4 { logins.record(1, at: moment(10)) }
  logins.record(4, at: moment(11))
  #expect(logins.next(2, at: moment(12), most: 5000) == moment(12))
  #expect(logins.next(1, at: moment(12), most: 5000) > moment(12))
  #expect(logins.next(3, at: moment(12), most: 5000) > moment(12))
}

@Test func whoHasNoAddressIsNotHeldUp() {
  let logins = Logins()
  for _ in 0..<20 { logins.record(0, at: moment(0)) }
  #expect(logins.next(0, at: moment(0), most: 5000) == moment(0))
}
