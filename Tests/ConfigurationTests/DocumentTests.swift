import Foundation
import Testing

@testable import Configuration

/// The rows of the tables of keys in `Board/operations.md`: keys, and what the second column says of them.
///
/// `make documents` reads the sources as text; this compares what it wrote with what the code knows.
private let rows: [(keys: [String], state: String)] = {
  let root = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
  let page = root.appendingPathComponent("Board/operations.md")
  let text = try? String(contentsOf: page, encoding: .utf8)
  let mark = "<!-- Made by `make documents`: keys -->"
  let piece = (text ?? "").components(separatedBy: mark).last ?? ""
  let lines = piece.components(separatedBy: "<!-- End. -->")[0].split(separator: "\n")
  return lines.filter { $0.hasPrefix("| `") }.map { line in
    let columns = line.split(separator: "|").map { $0.trimmingCharacters(in: .whitespaces) }
    let keys = columns[0].components(separatedBy: ", ").map { $0.filter { $0 != "`" } }
    return (keys, columns[1])
  }
}()

private func keys(_ states: String...) -> Set<String> {
  Set(rows.filter { states.contains($0.state) }.flatMap(\.keys))
}

@Test func theTableHasEveryKeyOnce() {
  let all = rows.flatMap(\.keys)
  #expect(rows.count > 50 && Set(all).count == all.count)
  let patterns = ["bridge_*", "plugin_opt_*", "auth_opt_*"]
  #expect(Set(all) == Set(Key.allNames + Key.refusedNames + patterns))
}

@Test func theTableTellsWhatBecomesOfAKey() {
  let persistence: Set = ["persistence", "retained_persistence"]
  #expect(keys("same", "differs", "ours").union(persistence) == Set(Key.settingNames))
  #expect(keys("no effect") == Set(Key.ignoredNames))
  let refused = keys("not here", "not yet").filter { !$0.hasSuffix("*") }
  #expect(refused.subtracting(persistence) == Set(Key.refusedNames))
}
