import Foundation
import Testing

@testable import Configuration

/// The rows of the table "Your mosquitto.conf": keys, and what the second column says of them.
private let rows: [(keys: [String], state: String)] = {
  let root = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
  let readme = try? String(contentsOf: root.appendingPathComponent("README.md"), encoding: .utf8)
  let section = (readme ?? "").components(separatedBy: "### Your mosquitto.conf").last ?? ""
  let lines = section.components(separatedBy: "\n### ")[0].split(separator: "\n")
  return lines.filter { $0.hasPrefix("| `") }.map { line in
    let columns = line.split(separator: "|").map { $0.trimmingCharacters(in: .whitespaces) }
    let keys = columns[0].components(separatedBy: ", ").map { $0.filter { $0 != "`" } }
    return (keys, columns[1])
  }
}()

private func keys(_ states: String...) -> Set<String> {
  Set(rows.filter { states.contains($0.state) }.flatMap(\.keys))
}

@Test func theTableOfTheReadmeHasEveryKeyOnce() {
  let all = rows.flatMap(\.keys)
  #expect(rows.count > 50 && Set(all).count == all.count)
  let patterns = ["bridge_*", "plugin_opt_*", "auth_opt_*"]
  #expect(Set(all) == Set(Key.allNames + Key.refusedNames + patterns))
}

@Test func theTableOfTheReadmeTellsWhatBecomesOfAKey() {
  let persistence: Set = ["persistence", "retained_persistence"]
  #expect(keys("same", "differs", "ours").union(persistence) == Set(Key.settingNames))
  #expect(keys("no effect") == Set(Key.ignoredNames))
  let refused = keys("not here", "not yet").filter { !$0.hasSuffix("*") }
  #expect(refused.subtracting(persistence) == Set(Key.refusedNames))
}
