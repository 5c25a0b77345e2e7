import { usage, type Wire } from './wire.ts';

interface Part {
  readonly functionResponse?: { readonly response: { readonly content: string } };
}

/** Google's generateContent, of the Gemini API and of Vertex AI. The model is in the path. */
export const generateContent: Wire = {
  call: (name, args) => ({
    candidates: [
      {
        index: 0,
        finishReason: 'STOP',
        content: {
          role: 'model',
          parts: [{ text: 'Looking.' }, { functionCall: { name, args }, thoughtSignature: 'c2lnbmVk' }],
        },
      },
    ],
    usageMetadata: {
      promptTokenCount: usage.input,
      cachedContentTokenCount: usage.cacheRead,
      candidatesTokenCount: usage.output,
      totalTokenCount: usage.input + usage.output,
    },
    modelVersion: 'served',
  }),
  failure: (status, message) => ({ error: { code: status, message, status: 'UNAVAILABLE', details: [] } }),
  read: ({ body, path }) => ({
    model: /models\/([^:]+):/.exec(path)?.[1],
    system: body.systemInstruction?.parts[0]?.text,
    tools: body.tools.functionDeclarations?.map((tool: { name: string }) => tool.name) ?? [
      ...body.tools.flatMap((tool: { functionDeclarations: { name: string }[] }) =>
        tool.functionDeclarations.map(({ name }) => name),
      ),
    ],
    results: body.contents
      .flatMap((content: { parts: Part[] }) => content.parts)
      .flatMap((part: Part) => (part.functionResponse ? [part.functionResponse.response.content] : [])),
    streaming: path.includes('stream'),
  }),
};
