// Command ogen calls the API by the client that ogen generates: it gets a token,
// starts a flow, follows its events and shows how it ended.
package main

import (
	"context"
	"fmt"
	"log"
	"os"

	"github.com/go-faster/jx"

	"clients/ogenclient"
)

// bearer gives every operation its token.
type bearer struct{ token string }

func (b bearer) OAuth(context.Context, ogenclient.OperationName) (ogenclient.OAuth, error) {
	return ogenclient.OAuth{Token: b.token}, nil
}

func main() {
	log.SetFlags(0)
	if err := run(context.Background(), os.Args[1], os.Args[2], os.Args[3]); err != nil {
		log.Fatal(err)
	}
}

func run(ctx context.Context, server, id, secret string) error {
	open, err := ogenclient.NewClient(server, bearer{})
	if err != nil {
		return err
	}
	login := func(secret string) (ogenclient.PostOauthTokenRes, error) {
		return open.PostOauthToken(ctx, &ogenclient.TokenForm{GrantType: "client_credentials",
			ClientID: ogenclient.NewOptString(id), ClientSecret: ogenclient.NewOptString(secret)}, ogenclient.PostOauthTokenParams{})
	}
	answer, err := login("wrong")
	if err != nil {
		return err
	}
	refused, ok := answer.(*ogenclient.TokenRefusalHeaders)
	if !ok {
		return fmt.Errorf("a wrong secret is answered %T", answer)
	}
	fmt.Println("wrong secret:", refused.Response.Error)
	if answer, err = login(secret); err != nil {
		return err
	}
	token, ok := answer.(*ogenclient.TokenHeaders)
	if !ok {
		return fmt.Errorf("the right secret is answered %T", answer)
	}
	c, err := ogenclient.NewClient(server, bearer{token.Response.AccessToken})
	if err != nil {
		return err
	}
	started, err := c.CreateFlowInteraction(ctx, ogenclient.CreateFlowInteractionReq{"contact_1": jx.Raw(`"+12025550143"`)},
		ogenclient.CreateFlowInteractionParams{FlowID: "hangup", IdempotencyKey: ogenclient.NewOptString("ogen")})
	if err != nil {
		return err
	}
	start, ok := started.(*ogenclient.StartHeaders)
	if !ok {
		return fmt.Errorf("a start is answered %T", started)
	}
	if err := follow(ctx, c, start.Response.FlowExecutionID); err != nil {
		return err
	}
	shown, err := c.Execution(ctx, ogenclient.ExecutionParams{FlowExecutionID: start.Response.FlowExecutionID})
	if err != nil {
		return err
	}
	x, ok := shown.(*ogenclient.ExecutionHeaders)
	if !ok {
		return fmt.Errorf("an execution is answered %T", shown)
	}
	for _, step := range x.Response.Steps {
		fmt.Println("step:", step.Name, step.Exit.Value)
	}
	fmt.Println("execution:", x.Response.Status)
	return nil
}

// follow reads the events until the last.
func follow(ctx context.Context, c *ogenclient.Client, id string) error {
	answer, err := c.ExecutionEvents(ctx, ogenclient.ExecutionEventsParams{FlowExecutionID: id})
	if err != nil {
		return err
	}
	stream, ok := answer.(*ogenclient.ExecutionEventsOKTextEventStream)
	if !ok {
		return fmt.Errorf("events are answered %T", answer)
	}
	defer stream.Close()
	for {
		event, err := stream.Next(ctx)
		if err != nil {
			return err
		}
		if event.Data.Type == ogenclient.ExecutionEndedEventStreamedEvent {
			fmt.Println("event:", event.Data.Type)
			return nil
		}
	}
}
