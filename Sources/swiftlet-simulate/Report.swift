import Simulator

#if canImport(Glibc)
  import Glibc
#else
  import Musl
#endif

/// What the runs have shown so far.
struct Report {
  private var runs = 0
  private(set) var failures = 0
  private var milliseconds: UInt64 = 0
  private var packets = 0
  private var hash: UInt64 = 0
  private var largestTurn = 0
  private var largestStep = 0
  private var longestWait = 0
  private let marks = Marks()
  private let began = processorSeconds()

  /// Runs, and tells how to repeat it when a promise is broken.
  mutating func run(_ options: Options, isShrinking: Bool, depth: UInt64?) {
    unsafe underWay = (options, nil)
    alarm(seconds: 20)
    let simulation = Simulation(options)
    if let depth { simulation.world.trace.depth = Int(depth) }
    unsafe underWay = (options, simulation.world)
    let outcome = simulation.run()
    runs += 1
    milliseconds += outcome.milliseconds
    packets += outcome.counts.clientPackets
    hash = hash &* 31 &+ outcome.hash
    marks.add(outcome.marks)
    largestTurn = max(largestTurn, outcome.largestTurn)
    largestStep = max(largestStep, outcome.largestStep)
    longestWait = max(longestWait, outcome.longestWait)
    guard let failure = outcome.failure else { return }
    failures += 1
    print("seed \(options.seed): \(failure)\n  \(options.command)")
    guard isShrinking else {
      if depth != nil { print(outcome.last.joined(separator: "\n")) }
      return
    }
    let (smaller, last) = options.shrunk(from: outcome)
    print(last.last.joined(separator: "\n"))
    print("without all that is not needed: \(last.failure ?? "")\n  \(smaller.command)")
  }

  /// Prints the sum.
  func close() {
    let seconds = processorSeconds() - began
    let pace = Int(Double(packets) / seconds * 60)
    print(
      "\(runs - failures) passed, \(failures) failed:",
      "\(milliseconds / 3_600_000) simulated hours, \(packets) client packets,",
      "\(pace) a minute of one core, hash \(String(hash, radix: 16))")
    print(
      "turns took up to \(largestTurn) % of the work that is allowed, steps \(largestStep) %,",
      "newcomers waited up to \(longestWait) % of the turns")
  }

  /// Prints which marks were reached; false when one was not that stands in the file.
  func compare(with file: String?, isWriting: Bool) -> Bool {
    let missing = marks.missing
    print("\(marks.reached.count) marks reached, \(missing.count) never:")
    for mark in missing { print("  never \(mark)") }
    guard let file else { return true }
    if isWriting { return write(marks.reached, to: file) }
    let lost = Set(lines(of: file)).subtracting(marks.reached).sorted()
    for mark in lost { print("no longer reached: \(mark)") }
    return lost.isEmpty
  }
}

/// Seconds that this process has kept a core busy.
private func processorSeconds() -> Double { Double(clock()) / Double(CLOCKS_PER_SEC) }

/// Ends the program when a run keeps a core busy for so long: the server never comes back.
private func alarm(seconds: Int) {
  var limit = itimerval()
  limit.it_value.tv_sec = seconds
  // ITIMER_PROF, whose type is another in each C library.
  unsafe setitimer(2, &limit, nil)
}

/// The run that is under way, for one that ends in a trap.
nonisolated(unsafe) private var underWay: (options: Options, world: World?)?

/// Lets a trap, and a run without end, tell which run it was, and how to repeat it.
func catchTraps() {
  for number in [SIGILL, SIGTRAP, SIGSEGV, SIGABRT, SIGBUS, SIGFPE, SIGPROF] {
    signal(number) { number in
      signal(number, SIG_DFL)
      if let (options, world) = unsafe underWay {
        let what =
          number == SIGPROF ? "a turn does not end" : "the server trapped (signal \(number))"
        print("seed \(options.seed): \(what)")
        print((world?.trace.last(60) ?? []).joined(separator: "\n"))
        print("  \(options.command)")
      }
      fflush(nil)
      _exit(1)
    }
  }
}

private func lines(of file: String) -> [String] {
  guard let stream = unsafe fopen(file, "r") else { fatalError("\(file) cannot be read") }
  defer { unsafe fclose(stream) }
  var lines: [String] = []
  while let line = unsafe readLine(from: stream) {
    if !line.isEmpty && !line.hasPrefix("#") { lines.append(line) }
  }
  return lines
}

private func readLine(from stream: UnsafeMutablePointer<FILE>) -> String? {
  var bytes: [UInt8] = []
  while true {
    let letter = unsafe getc(stream)
    if letter == EOF { return bytes.isEmpty ? nil : String(decoding: bytes, as: UTF8.self) }
    if letter == 10 { return String(decoding: bytes, as: UTF8.self) }
    bytes.append(UInt8(truncatingIfNeeded: letter))
  }
}

private func write(_ lines: [String], to file: String) -> Bool {
  guard let stream = unsafe fopen(file, "w") else { return false }
  defer { unsafe fclose(stream) }
  let head = "# What the fixed seeds reach; `make marks` writes it anew.\n"
  unsafe fputs(head + lines.joined(separator: "\n") + "\n", stream)
  return true
}
