import Memory
import Support
import Testing

@testable import Broker

/// The testing macros cannot hold what cannot be copied.
private final class Limiter {
  var limit: LineLimit

  init(addresses: Int = 4, logBytes: Int = 16_384) {
    limit = carved { LineLimit(addresses: addresses, logBytes: logBytes, in: &$0) }
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
  @Test("One address has twenty lines a second, by whatever ports it comes and whatever happens")
  func oneAddress() {
    let limiter = Limiter()
    var wanted = 0
    for port in 0..<50 as Range<UInt16> {
      wanted += limiter.wanted(1, .clientConnected, of: peer(1, port: port))
    }
    #expect(wanted == 20)
    // The first line of an event is told in any case.
    #expect(limiter.wanted(5, .clientDisconnected, of: peer(1)) == 1)
    #expect(limiter.limit.leftOut == 34)
    #expect(limiter.noisiest == "192.0.2.1 34")
  }

  @Test("One network of the sixth version is one address")
  func oneNetwork() {
    let limiter = Limiter()
    var wanted = 0
    for host in 1...50 as ClosedRange<UInt64> {
      let peer = Peer(version6: 0x2001_0DB8_0000_0000, host, port: 1)
      wanted += limiter.wanted(1, .clientConnected, of: peer)
    }
    #expect(wanted == 20)
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
    #expect(limiter.wanted(30, .sessionExpired, of: .none) == 20)
    #expect(limiter.wanted(30, .clientConnected, of: .local) == 20)
  }

  /// Each newcomer takes over the count of the one with the fewest lines: no noisy one is forgotten for
  /// quiet ones, and a thousand addresses have no more lines than the places allow.
  @Test("More addresses than places have no more lines than the places allow")
  func crowd() {
    let limiter = Limiter(addresses: 4)
    #expect(limiter.wanted(100, .loginFailed, of: peer(1)) == 20)
    var wanted = 20
    for number in 2..<1000 as Range<UInt32> {
      wanted += limiter.wanted(1, .loginFailed, of: peer(number))
    }
    #expect(wanted <= 40 + 4)
    #expect(limiter.wanted(1, .loginFailed, of: peer(1)) == 0)
    #expect(limiter.noisiest == "192.0.2.1 81")
  }

  @Test("In a new second everybody has all lines again, and nothing is left out")
  func newSecond() {
    let limiter = Limiter()
    #expect(limiter.wanted(100, .loginFailed, of: peer(1)) == 20)
    limiter.limit.leaveOut()
    #expect(limiter.limit.leftOut == 81)
    limiter.limit.beginSecond()
    #expect(limiter.limit.leftOut == 0 && limiter.noisiest == nil)
    #expect(limiter.wanted(100, .loginFailed, of: peer(1)) == 20)
  }

  @Test("Where few lines are kept for a turn, one address has fewer")
  func smallBoards() {
    #expect(Limiter(logBytes: 768).wanted(100, .loginFailed, of: peer(1)) == 16)
    #expect(Limiter(logBytes: 514).wanted(100, .loginFailed, of: peer(1)) == 10)
  }
}
