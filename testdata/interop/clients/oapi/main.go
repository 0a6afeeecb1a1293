// Command oapi calls the API by the client that oapi-codegen generates: it gets a
// token, starts a flow, waits for its end and shows how it ended.
package main

import (
	"context"
	"errors"
	"fmt"
	"log"
	"net/http"
	"os"
	"time"

	"clients/oapiclient"
)

func main() {
	log.SetFlags(0)
	if err := run(context.Background(), os.Args[1], os.Args[2], os.Args[3]); err != nil {
		log.Fatal(err)
	}
}

func run(ctx context.Context, server, id, secret string) error {
	open, err := oapiclient.NewClientWithResponses(server)
	if err != nil {
		return err
	}
	login := func(secret string) (*oapiclient.PostOauthTokenResponse, error) {
		return open.PostOauthTokenWithFormdataBodyWithResponse(ctx, nil, oapiclient.TokenForm{GrantType: "client_credentials", ClientId: &id, ClientSecret: &secret})
	}
	answer, err := login("wrong")
	if err != nil {
		return err
	}
	if answer.JSON400 == nil {
		return fmt.Errorf("a wrong secret is answered %s", answer.Status())
	}
	fmt.Println("wrong secret:", answer.JSON400.Error)
	if answer, err = login(secret); err != nil {
		return err
	}
	if answer.JSON200 == nil {
		return fmt.Errorf("the right secret is answered %s", answer.Status())
	}
	c, err := oapiclient.NewClientWithResponses(server, oapiclient.WithRequestEditorFn(func(_ context.Context, r *http.Request) error {
		r.Header.Set("Authorization", "Bearer "+answer.JSON200.AccessToken)
		return nil
	}))
	if err != nil {
		return err
	}
	key := "oapi"
	started, err := c.CreateFlowInteractionWithResponse(ctx, "hangup", &oapiclient.CreateFlowInteractionParams{IdempotencyKey: &key},
		oapiclient.CreateFlowInteractionJSONRequestBody{"contact_1": "+12025550143"})
	if err != nil {
		return err
	}
	if started.JSON202 == nil {
		return fmt.Errorf("a start is answered %s", started.Status())
	}
	for range time.Tick(100 * time.Millisecond) {
		shown, err := c.ExecutionWithResponse(ctx, started.JSON202.FlowExecutionId)
		if err != nil {
			return err
		}
		if shown.JSON200 == nil {
			return fmt.Errorf("an execution is answered %s", shown.Status())
		}
		if shown.JSON200.FinishedAt == nil {
			continue
		}
		for _, step := range shown.JSON200.Steps {
			fmt.Println("step:", step.Name, *step.Exit)
		}
		fmt.Println("execution:", shown.JSON200.Status)
		return nil
	}
	return errors.New("the execution has no end")
}
