import Memory
import Support
import Testing

@testable import Access

private func failures(_ count: Int = 4) -> FailedLogins {
  carved { FailedLogins(count: count, in: &$0) }
}

private func moment(_ milliseconds: UInt64) -> Instant {
  Instant(milliseconds: 1_000_000 + milliseconds)
}

@Test func theFirstMistakesCostNothingAndEachMoreDoublesTheWait() {
  var logins = failures()
  var waits: [UInt64] = []
  for _ in 0..<8 {
    let next = logins.nextLogin(from: 5, at: moment(0), most: 5000)
    waits.append(next.milliseconds - moment(0).milliseconds)
    logins.record(5, at: moment(0))
  }
  #expect(waits == [0, 0, 0, 250, 500, 1000, 2000, 4000])
  #expect(logins.nextLogin(from: 5, at: moment(0), most: 5000) == moment(5000))
  for _ in 0..<100 { logins.record(5, at: moment(0)) }
  #expect(logins.nextLogin(from: 5, at: moment(0), most: 5000) == moment(5000))
  #expect(logins.nextLogin(from: 6, at: moment(0), most: 5000) == moment(0))
}

@Test func aWaitEndsAndAnAddressIsForgiven() {
  var logins = failures()
  for _ in 0..<4 { logins.record(5, at: moment(0)) }
  #expect(logins.nextLogin(from: 5, at: moment(499), most: 5000) == moment(500))
  #expect(logins.nextLogin(from: 5, at: moment(500), most: 5000) == moment(500))
  #expect(logins.nextLogin(from: 5, at: moment(900), most: 5000) == moment(900))
  #expect(logins.nextLogin(from: 5, at: moment(60_000), most: 5000) == moment(60_000))
  logins.record(5, at: moment(60_000))
  #expect(logins.nextLogin(from: 5, at: moment(60_000), most: 5000) == moment(60_000))
}

@Test func theAddressQuietLongestMakesRoom() {
  var logins = failures(3)
  for address in 1...3 as ClosedRange<UInt64> {
    for _ in 0..<4 { logins.record(address, at: moment(address)) }
  }
  for _ in 0..<4 { logins.record(1, at: moment(10)) }
  logins.record(4, at: moment(11))
  #expect(logins.nextLogin(from: 2, at: moment(12), most: 5000) == moment(12))
  #expect(logins.nextLogin(from: 1, at: moment(12), most: 5000) > moment(12))
  #expect(logins.nextLogin(from: 3, at: moment(12), most: 5000) > moment(12))
}

@Test func whoHasNoAddressIsNotHeldUp() {
  var logins = failures()
  for _ in 0..<20 { logins.record(0, at: moment(0)) }
  #expect(logins.nextLogin(from: 0, at: moment(0), most: 5000) == moment(0))
}
