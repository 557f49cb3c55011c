import MQTT

/// The obvious matcher of the standard's section 4.7: split both, and compare level by level.
func matches(_ filter: String, _ name: String) -> Bool {
  let wanted = levels(filter)
  let given = levels(name)
  // [MQTT-4.7.2-1] [MQTT3-4.7.2-1]
  if name.hasPrefix("$") && (wanted[0] == "+" || wanted[0] == "#") { return false }
  for place in 0..<wanted.count {
    if wanted[place] == "#" { return true }
    guard place < given.count else { return false }
    guard wanted[place] == "+" || wanted[place] == given[place] else { return false }
  }
  return wanted.count == given.count
}

func levels(_ text: String) -> [String] {
  text.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
}

/// All texts of 1 to `depth` levels out of `alphabet`, those that are empty excepted.
func texts(of alphabet: [String], depth: Int) -> [String] {
  var all: [String] = []
  var last = [""]
  for level in 0..<depth {
    last = last.flatMap { text in alphabet.map { level == 0 ? $0 : text + "/" + $0 } }
    all += last
  }
  return all.filter { !$0.isEmpty }
}

/// All valid filters of up to `depth` levels.
func filters(depth: Int) -> [String] {
  texts(of: ["", "a", "b", "$a", "+", "#"], depth: depth)
    .filter { !levels($0).dropLast().contains("#") }
}

func names(depth: Int) -> [String] { texts(of: ["", "a", "b", "$a"], depth: depth) }

/// The options with these bits, as in a SUBSCRIBE.
func options(_ bits: UInt8 = 0) -> SubscriptionOptions {
  guard let options = SubscriptionOptions(rawValue: bits) else {
    preconditionFailure("the options are not valid")
  }
  return options
}

/// What the MQTT module says.
func says(_ filter: [UInt8], _ name: [UInt8]) -> Bool {
  TopicFilter.matches(filter: filter.span, name: name.span)
}
