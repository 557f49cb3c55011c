import Memory
import Support
import Testing

@testable import Broker

/// The testing macros cannot hold what cannot be copied.
private final class Limiter {
  var limit: LineLimit

  init(addresses: Int = 4) {
    limit = carved { LineLimit(addresses: addresses, in: &$0) }
  }

  /// How many of so many lines about an event are wanted.
  func wanted(_ count: Int, _ event: Event, of peer: Peer) -> Int {
    var wanted = 0
    for _ in 0..<count where limit.allows(event, of: peer) { wanted += 1 }
    return wanted
  }

  var noisiest: String? {
    guard let (peer, count) = limit.noisiest else { return nil }
    var line = Line()
    line.append(addressOf: peer)
    return "\(String(copying: line.span)) \(count)"
  }
}

private func peer(_ number: UInt32, port: UInt16 = 1) -> Peer {
  Peer(version4: 0xC000_0200 + number, port: port)
}

@Suite struct LineLimitTests {
  @Test("One address has ten lines of an event a second, by whatever ports it comes")
  func oneAddress() {
    let limiter = Limiter()
    var wanted = 0
    for port in 0..<50 as Range<UInt16> {
      wanted += limiter.wanted(1, .clientConnected, of: peer(1, port: port))
    }
    #expect(wanted == 10)
    // What else happens there is told none the less.
    #expect(limiter.wanted(50, .clientDisconnected, of: peer(1)) == 10)
    #expect(limiter.limit.leftOut == 80)
    #expect(limiter.noisiest == "192.0.2.1 80")
  }

  @Test("Each event is counted by itself") func eachEvent() {
    let limiter = Limiter()
    let events = (UInt8.min...UInt8.max).compactMap { Event(rawValue: $0) }
    for _ in 0..<2 {
      for event in events { #expect(limiter.wanted(5, event, of: peer(1)) == 5, "\(event)") }
    }
    for event in events { #expect(limiter.wanted(5, event, of: peer(1)) == 0, "\(event)") }
  }

  @Test("One network of the sixth version is one address")
  func oneNetwork() {
    let limiter = Limiter()
    var wanted = 0
    for host in 1...50 as ClosedRange<UInt64> {
      let peer = Peer(version6: 0x2001_0DB8_0000_0000, host, port: 1)
      wanted += limiter.wanted(1, .clientConnected, of: peer)
    }
    #expect(wanted == 10)
  }

  @Test("Who is noisy hides nobody else, as long as there are places")
  func hides() {
    let limiter = Limiter(addresses: 12)
    for number in 1...10 as ClosedRange<UInt32> {
      // Each of them has its line, however many there were before.
      #expect(limiter.wanted(1000, .loginFailed, of: peer(number)) >= 1)
    }
    #expect(limiter.wanted(1, .loginFailed, of: peer(99)) == 1)
    #expect(limiter.wanted(1, .loginFailed, of: .local) == 1)
  }

  @Test("Many who are noisy in turn leave the next as much as they have")
  func sharing() {
    let limiter = Limiter()
    var wanted = [0, 0, 0]
    for _ in 0..<100 {
      for number in 0..<3 as Range<UInt32> {
        wanted[Int(number)] += limiter.wanted(1, .loginFailed, of: peer(number))
      }
    }
    #expect(wanted == [10, 10, 10])
    #expect(limiter.wanted(100, .loginFailed, of: peer(9)) == 5)
  }

  @Test("Without an address lines count together, apart from those of programs of this machine")
  func nobody() {
    let limiter = Limiter()
    #expect(limiter.wanted(30, .sessionExpired, of: .none) == 10)
    #expect(limiter.wanted(30, .clientConnected, of: .local) == 10)
  }

  /// Each newcomer takes over the count of the quietest: no noisy one is forgotten for others, and
  /// whoever comes from a thousand addresses has no more lines than the places allow.
  @Test("More addresses than places have no more lines than the places allow")
  func crowd() {
    let limiter = Limiter(addresses: 2)
    #expect(limiter.wanted(100, .loginFailed, of: peer(1)) == 10)
    var wanted = 0
    for number in 2..<1000 as Range<UInt32> {
      wanted += limiter.wanted(1, .loginFailed, of: peer(number))
    }
    #expect(wanted == 10)
    #expect(limiter.wanted(1, .loginFailed, of: peer(1)) == 0)
    #expect(limiter.noisiest == "192.0.2.1 91")
  }

  @Test("In a new second everybody has all lines again, and nothing is left out")
  func newSecond() {
    let limiter = Limiter()
    #expect(limiter.wanted(100, .loginFailed, of: peer(1)) == 10)
    limiter.limit.leaveOut()
    #expect(limiter.limit.leftOut == 91)
    limiter.limit.beginSecond()
    #expect(limiter.limit.leftOut == 0 && limiter.noisiest == nil)
    #expect(limiter.wanted(100, .loginFailed, of: peer(1)) == 10)
  }
}
