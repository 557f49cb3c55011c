// Every limit of the board whose files this is compiled with, one a line: name, value, and what the
// rule says where the board chooses otherwise. For `make limits` and the gate of that name.

extension Limits {
  init(byRulesAlone: Void) {}
}

@main
struct Listing {
  static func main() {
    let sizes = [
      ("ConfigurationText", Limits.ConfigurationText.count),
      ("Origins", Limits.Origins<UInt8>.count), ("PolicyTexts", Limits.PolicyTexts.count),
      ("PerListener", Limits.PerListener<UInt8>.count), ("reservedPlaces", Limits().reservedPlaces),
    ]
    for (name, count) in sizes { print(name, count) }
    let rules = Mirror(reflecting: Limits(byRulesAlone: ())).children
    for (limit, rule) in zip(Mirror(reflecting: Limits()).children, rules) {
      guard let name = limit.label, let value = limit.value as? Int, let ruled = rule.value as? Int
      else { fatalError("a limit is no number: \(limit)") }
      print(value == ruled ? "\(name) \(value)" : "\(name) \(value) \(ruled)")
    }
  }
}
