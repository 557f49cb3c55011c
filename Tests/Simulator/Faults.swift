/// How likely what is; each is one in so many cases, and zero is never.
struct Faults {
  /// Turns that take up to 50 ms.
  var slowTurns = 0
  /// Waits that a signal ends before anything is ready (EINTR).
  var interruptions = 0
  var shortReads = 0
  var shortWrites = 0
  /// Connections found ready that have nothing to read (EAGAIN).
  var spuriousReadiness = 0
  /// Writes that take nothing though the connection was found ready (EAGAIN).
  var wouldBlock = 0
  /// Descriptors are used up: nothing is accepted for a while.
  var acceptFailures = 0
  /// Connections that break, with all that is under way.
  var resets = 0
  /// Clients that close their side for writing and go on reading.
  var halfCloses = 0
  /// Clients that read nothing for minutes.
  var stalls = 0
  /// The machine sleeps, up to five days.
  var clockJumps = 0
  /// New connections that the network itself turns away (a handshake that failed).
  var refusals = 0
  /// Connections that are forgotten by both sides' network: neither data nor an end arrives.
  var silences = 0
  /// The operator asks how full everything is.
  var reports = 0
  /// Milliseconds that bytes are under way at most.
  var latency = 0
  /// Bytes that the network holds for a client at most.
  var window = 65_536

  /// A network without faults.
  init() {}

  /// A random subset of all faults.
  init(from chance: inout Chance) {
    func some(_ chance: inout Chance, _ low: Int, _ high: Int) -> Int {
      chance.oneIn(2) ? chance.within(low...high) : 0
    }
    slowTurns = some(&chance, 2, 40)
    shortReads = some(&chance, 1, 10)
    shortWrites = some(&chance, 1, 10)
    spuriousReadiness = some(&chance, 5, 50)
    wouldBlock = some(&chance, 4, 20)
    acceptFailures = some(&chance, 3, 20)
    resets = some(&chance, 20, 200)
    halfCloses = some(&chance, 50, 200)
    stalls = some(&chance, 20, 200)
    latency = chance.pick([0, 0, 1, 20, 300, 3000])
    window = chance.pick([16, 100, 700, 4096, 65_536])
    interruptions = some(&chance, 5, 50)
    clockJumps = chance.oneIn(3) ? chance.within(300...3000) : 0
    refusals = chance.oneIn(3) ? chance.within(5...50) : 0
    silences = some(&chance, 50, 400)
    reports = some(&chance, 500, 5000)
  }

  /// Each fault by its name, as `without=` takes it.
  private static var all: [(name: String, path: WritableKeyPath<Faults, Int>, none: Int)] {
    [
      ("slowTurns", \.slowTurns, 0), ("interruptions", \.interruptions, 0),
      ("shortReads", \.shortReads, 0), ("shortWrites", \.shortWrites, 0),
      ("spuriousReadiness", \.spuriousReadiness, 0), ("wouldBlock", \.wouldBlock, 0),
      ("acceptFailures", \.acceptFailures, 0), ("resets", \.resets, 0),
      ("halfCloses", \.halfCloses, 0), ("stalls", \.stalls, 0), ("clockJumps", \.clockJumps, 0),
      ("refusals", \.refusals, 0), ("silences", \.silences, 0),
      ("reports", \.reports, 0), ("latency", \.latency, 0),
      ("window", \.window, 65_536),
    ]
  }

  /// The faults that are on.
  var names: [String] {
    Faults.all.filter { self[keyPath: $0.path] != $0.none }.map(\.name)
  }

  /// Turns a fault off; what is no fault's name changes nothing.
  mutating func remove(_ name: String) {
    for fault in Faults.all where fault.name == name { self[keyPath: fault.path] = fault.none }
  }
}
