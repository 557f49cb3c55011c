import Testing

@testable import Memory

@Test func aMomentBeyondTheClockNeverComes() {
  let late = Instant(milliseconds: UInt64.max - 999)
  #expect(late.adding(milliseconds: 1000) == .never)
  #expect(late.adding(seconds: 1) == .never)
  #expect(Instant.never.adding(seconds: 1) == .never)
  #expect(Instant(milliseconds: 5).adding(seconds: UInt64.max / 1000 + 1) == .never)
  #expect(Instant(milliseconds: 5).adding(seconds: UInt64.max) == .never)
}

@Test func secondsAreWhole() {
  let moment = Instant(milliseconds: 10_000)
  #expect(moment.adding(seconds: 3).milliseconds == 13_000)
  #expect(moment.adding(milliseconds: 1999).seconds(since: moment) == 1)
  #expect(moment.seconds(since: moment) == 0)
  #expect(moment.seconds(since: moment.adding(seconds: 5)) == 0)
}

@Test func momentsAreOrdered() {
  let moment = Instant(milliseconds: 1)
  #expect(moment < moment.adding(milliseconds: 1) && moment < .never)
  #expect(!(Instant.never < .never) && Instant.never == .never)
}
