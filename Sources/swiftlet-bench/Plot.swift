import Foundation

/// The speeds of a comparison as bars, in SVG; the scale is logarithmic.
struct Plot {
  let comparison: Comparison
  let results: Comparison.Results

  private let colours = ["#8a8f98", "#e4572e", "#4f7cac", "#c9c5ba"]
  private let left = 400.0
  private let width = 520.0
  private let barHeight = 13.0
  private let gap = 16.0
  private let least = 10_000.0
  private let most = 20_000_000.0

  var svg: String {
    var body: [String] = []
    var y = 66.0
    for (row, outcomes) in zip(comparison.rows, results) where row.isAboutSpeed {
      let present = comparison.contenders.enumerated().filter { outcomes[$0.element.name] != nil }
      let height = Double(present.count) * barHeight
      body.append(text(left - 12, y + height / 2 + 4, row.name, "end"))
      for (index, contender) in present {
        body.append(bar(y, outcomes[contender.name] ?? [], colours[index % colours.count]))
        y += barHeight
      }
      y += gap
    }
    return page(height: y + 20, grid(to: y) + legend + body)
  }

  private func bar(_ y: Double, _ outcomes: [Outcome], _ colour: String) -> String {
    let speeds = outcomes.map(\.perSecond).sorted()
    guard let middle = median(speeds), let low = speeds.first, let high = speeds.last, middle > 0
    else { return "" }
    let end = x(middle)
    let line = y + barHeight / 2 - 1
    return """
      <rect x="\(left)" y="\(y)" width="\(end - left)" height="\(barHeight - 2)" fill="\(colour)"/>
      <path d="M\(x(low)) \(line)H\(x(high))" stroke="#222" stroke-width="1"/>
      """ + text(max(end, x(high)) + 5, y + barHeight - 3, Report.count(middle), "start")
  }

  private func grid(to bottom: Double) -> [String] {
    [10_000.0, 100_000, 1_000_000, 10_000_000].map { value in
      """
      <path d="M\(x(value)) 52V\(bottom)" stroke="#ddd"/>
      """ + text(x(value), 48, Report.count(value), "middle")
    }
  }

  private var legend: [String] {
    comparison.contenders.enumerated().map { index, contender in
      let start = 20.0 + Double(index) * 190
      return """
        <rect x="\(start)" y="14" width="12" height="12" fill="\(colours[index % colours.count])"/>
        """ + text(start + 18, 24, contender.name, "start")
    }
  }

  private func x(_ value: Double) -> Double {
    let share = log(max(value, least) / least) / log(most / least)
    return left + (width * share).rounded()
  }

  private func text(_ x: Double, _ y: Double, _ words: String, _ anchor: String) -> String {
    let safe = words.replacingOccurrences(of: "&", with: "&amp;")
      .replacingOccurrences(of: "<", with: "&lt;")
    return "<text x=\"\(x)\" y=\"\(y)\" text-anchor=\"\(anchor)\">\(safe)</text>"
  }

  private func page(height: Double, _ body: [String]) -> String {
    """
    <svg xmlns="http://www.w3.org/2000/svg" width="1010" height="\(height)" font-family="sans-serif" \
    font-size="11">
    <title>Messages delivered per second, one core for the broker</title>
    <rect width="1010" height="\(height)" fill="#fff"/>
    \(body.joined(separator: "\n"))
    </svg>

    """
  }
}
