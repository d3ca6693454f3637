/**
 * What the official suite expects a server to have, by name: tools, resources and prompts that exist only to be tested. It is
 * served by the shipped transport, which is what is under test.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { completable } from "@modelcontextprotocol/sdk/server/completable.js";
import { McpServer, ResourceTemplate } from "@modelcontextprotocol/sdk/server/mcp.js";
import { type RequestId, SubscribeRequestSchema, UnsubscribeRequestSchema } from "@modelcontextprotocol/sdk/types.js";
import { z } from "zod";

/** One red pixel. */
const PNG = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8DwHwAFBQIAX8jx0gAAAABJRU5ErkJggg==";
/** A WAV file of no length. */
const WAV = "UklGRiQAAABXQVZFZm10IBAAAAABAAEAQB8AAIA+AAACABAAZGF0YQAAAAA=";
const STEP_MS = 50;

function says(text: string): { content: { type: "text"; text: string }[] } {
  return { content: [{ type: "text", text }] };
}

function addContentTools(server: McpServer): void {
  const tool = server.registerTool.bind(server);
  tool("test_simple_text", { description: "text" }, () => says("This is a simple text response for testing."));
  tool("test_image_content", { description: "image" }, () => ({
    content: [{ type: "image", data: PNG, mimeType: "image/png" }],
  }));
  tool("test_audio_content", { description: "audio" }, () => ({
    content: [{ type: "audio", data: WAV, mimeType: "audio/wav" }],
  }));
  const embedded = { uri: "test://embedded-resource", mimeType: "text/plain" };
  tool("test_embedded_resource", { description: "resource" }, () => ({
    content: [{ type: "resource", resource: { ...embedded, text: "This is an embedded resource content." } }],
  }));
  const mixed = { uri: "test://mixed-content-resource", mimeType: "application/json" };
  tool("test_multiple_content_types", { description: "all of them" }, () => ({
    content: [
      { type: "text", text: "Multiple content types test:" },
      { type: "image", data: PNG, mimeType: "image/png" },
      { type: "resource", resource: { ...mixed, text: '{"test":"data","value":123}' } },
    ],
  }));
  tool("test_error_handling", { description: "error" }, () => {
    throw new Error("This tool intentionally returns an error for testing");
  });
}

function addSpeakingTools(server: McpServer): void {
  server.registerTool("test_tool_with_logging", { description: "logs" }, async ({ sendNotification }) => {
    for (const data of ["Tool execution started", "Tool processing data", "Tool execution completed"]) {
      await sendNotification({ method: "notifications/message", params: { level: "info", data } });
      await sleep(STEP_MS);
    }
    return says("Logged.");
  });
  server.registerTool("test_tool_with_progress", { description: "progress" }, async ({ _meta, sendNotification }) => {
    for (const progress of [0, 50, 100]) {
      const progressToken = _meta?.progressToken;
      const params = { progress, total: 100, ...(progressToken === undefined ? {} : { progressToken }) };
      if (progressToken !== undefined) {
        await sendNotification({ method: "notifications/progress", params: { ...params, progressToken } });
      }
      await sleep(STEP_MS);
    }
    return says("Done.");
  });
  server.registerTool(
    "test_sampling",
    { description: "sampling", inputSchema: { prompt: z.string() } },
    async ({ prompt }, { requestId }) => {
      const { content } = await server.server.createMessage(
        {
          messages: [{ role: "user", content: { type: "text", text: prompt } }],
          maxTokens: 100,
        },
        { relatedRequestId: requestId },
      );
      return says(`LLM response: ${"text" in content ? content.text : ""}`);
    },
  );
}

type Schema = Parameters<McpServer["server"]["elicitInput"]>[0] & { mode?: "form" };

/** Asked on the stream of the call itself: the other one, of the session, may not be open yet. */
async function elicit(
  server: McpServer,
  requestId: RequestId,
  message: string,
  properties: object,
  required: string[] = [],
): Promise<string> {
  // The suite's own words for a schema; the SDK's type does not know the deprecated one.
  const requestedSchema = { type: "object", properties, required } as unknown;
  const { action, content } = await server.server.elicitInput({ message, requestedSchema } as Schema, {
    relatedRequestId: requestId,
  });
  return `action=${action}, content=${JSON.stringify(content ?? {})}`;
}

function addAskingTools(server: McpServer): void {
  const message = { message: z.string() };
  server.registerTool(
    "test_elicitation",
    { description: "elicitation", inputSchema: message },
    async (args, { requestId }) => {
      const text = { type: "string" };
      const properties = {
        username: { ...text, description: "User's response" },
        email: { ...text, description: "User's email address" },
      };
      return says(`User response: ${await elicit(server, requestId, args.message, properties, ["username", "email"])}`);
    },
  );
  server.registerTool("test_elicitation_sep1034_defaults", { description: "defaults" }, async ({ requestId }) => {
    const answer = await elicit(server, requestId, "Defaults", {
      name: { type: "string", default: "John Doe" },
      age: { type: "integer", default: 30 },
      score: { type: "number", default: 95.5 },
      status: { type: "string", enum: ["active", "inactive", "pending"], default: "active" },
      verified: { type: "boolean", default: true },
    });
    return says(`Elicitation completed: ${answer}`);
  });
  server.registerTool("test_elicitation_sep1330_enums", { description: "enums" }, async ({ requestId }) => {
    const options = ["option1", "option2", "option3"];
    const titled = ["First", "Second", "Third"].map((title, nth) => ({
      const: `value${nth + 1}`,
      title: `${title} Option`,
    }));
    const answer = await elicit(server, requestId, "Enums", {
      untitledSingle: { type: "string", enum: options },
      titledSingle: { type: "string", oneOf: titled },
      legacyEnum: {
        type: "string",
        enum: ["opt1", "opt2", "opt3"],
        enumNames: ["Option One", "Option Two", "Option Three"],
      },
      untitledMulti: { type: "array", items: { type: "string", enum: options } },
      titledMulti: { type: "array", items: { anyOf: titled } },
    });
    return says(`Elicitation completed: ${answer}`);
  });
}

function addResources(server: McpServer): void {
  const text = "This is the content of the static text resource.";
  server.registerResource(
    "static-text",
    "test://static-text",
    { description: "text", mimeType: "text/plain" },
    ({ href }) => ({
      contents: [{ uri: href, mimeType: "text/plain", text }],
    }),
  );
  server.registerResource(
    "static-binary",
    "test://static-binary",
    { description: "image", mimeType: "image/png" },
    ({ href }) => ({
      contents: [{ uri: href, mimeType: "image/png", blob: PNG }],
    }),
  );
  const template = new ResourceTemplate("test://template/{id}/data", { list: undefined });
  server.registerResource("template", template, { description: "template" }, ({ href }, { id }) => ({
    contents: [
      {
        uri: href,
        mimeType: "application/json",
        text: JSON.stringify({ id, templateTest: true, data: `Data for ID: ${String(id)}` }),
      },
    ],
  }));
  const subscribed = new Set<string>();
  server.server.setRequestHandler(SubscribeRequestSchema, ({ params }) => {
    subscribed.add(params.uri);
    return {};
  });
  server.server.setRequestHandler(UnsubscribeRequestSchema, ({ params }) => {
    subscribed.delete(params.uri);
    return {};
  });
}

function addPrompts(server: McpServer): void {
  const user = (text: string): { role: "user"; content: { type: "text"; text: string } } => ({
    role: "user",
    content: { type: "text", text },
  });
  server.registerPrompt("test_simple_prompt", { description: "simple" }, () => ({
    messages: [user("This is a simple prompt for testing.")],
  }));
  const cities = ["paris", "park", "party"];
  const arg1 = completable(z.string(), (value) => cities.filter((city) => city.startsWith(value)));
  server.registerPrompt(
    "test_prompt_with_arguments",
    { description: "arguments", argsSchema: { arg1, arg2: z.string() } },
    (args) => ({
      messages: [user(`Prompt with arguments: arg1='${args.arg1}', arg2='${args.arg2}'`)],
    }),
  );
  const argsSchema = { resourceUri: z.string() };
  server.registerPrompt(
    "test_prompt_with_embedded_resource",
    { description: "resource", argsSchema },
    ({ resourceUri }) => {
      const resource = { uri: resourceUri, mimeType: "text/plain", text: "Embedded resource content for testing." };
      return {
        messages: [
          { role: "user", content: { type: "resource", resource } },
          user("Please process the embedded resource above."),
        ],
      };
    },
  );
  server.registerPrompt("test_prompt_with_image", { description: "image" }, () => ({
    messages: [
      { role: "user", content: { type: "image", data: PNG, mimeType: "image/png" } },
      user("Please analyze the image above."),
    ],
  }));
}

/** A server for one session. */
export function createFixtureServer(): McpServer {
  const server = new McpServer(
    { name: "fixture", version: "1" },
    { capabilities: { logging: {}, resources: { subscribe: true }, completions: {} } },
  );
  addContentTools(server);
  addSpeakingTools(server);
  addAskingTools(server);
  addResources(server);
  addPrompts(server);
  return server;
}
