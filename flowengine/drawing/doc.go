// Package drawing shows a flow to people: as a Mermaid chart, as an SVG picture,
// and as the difference between two flows in the words of flows. The same flow
// always gives the same bytes.
//
// It deliberately does not know how a flow runs, nor any component: their titles
// come from the catalogue that the caller hands over.
//
// Read it in this order: graph.go (what is drawn), mermaid.go, then layers.go,
// lanes.go, order.go, place.go and svg.go (the picture), and diff.go with
// settings.go (the difference).
package drawing
