package components

import "ringflow/flowengine"

// All returns the catalogue in the order of the palette.
func All() []flowengine.Component {
	return []flowengine.Component{
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
