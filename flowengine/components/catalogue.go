package components

import (
	"ringflow/flowengine/flowfile"
)

// All returns the catalogue in the order of the palette.
func All() []flowfile.Component {
	return []flowfile.Component{
		APIRequest,
		MakeOutboundCall,
		PlayAudio,
		ForwardToExternalNumber,
		InputIVR,
		StandardIVR,
		ConditionalStatement,
		TrafficSplitter,
		TimeBasedRules,
		CalendarBasedRules,
		ExecuteAction,
		RunFunction,
		SalesforceDataDip,
		EndFlow,
	}
}
