/**
 * What a provider does for a request beyond answering it. The gateway refuses all of these unless the option
 * `providerFeatures` of the agent names them, because they reach the network, run code, leave data at the provider, or use
 * other models than that of the seat.
 */
export const providerFeatures = {
  background: 'answers that outlive their request',
  code_execution: 'containers of the provider',
  computer: 'computers that the provider controls',
  fallbacks: 'other models or providers',
  files: 'files stored at the provider',
  image_generation: 'images of another model',
  mcp: 'MCP servers that the provider calls',
  plugins: 'plugins of OpenRouter',
  remote_urls: 'images and documents that the provider fetches',
  storage: 'conversations, prompts and caches stored at the provider',
  web_fetch: 'pages that the provider fetches',
  web_search: 'searches of the provider',
} as const;

export type ProviderFeature = keyof typeof providerFeatures;

/** Types of tools and of content, with the feature that they belong to. The first that matches counts. */
const types: readonly (readonly [RegExp, ProviderFeature])[] = [
  [/mcp|connector/, 'mcp'],
  [/search_?retrieval|google|web_?search|live_search|x_search|browser_search/, 'web_search'],
  [/web_?fetch|url_?context|visit_website/, 'web_fetch'],
  [/code_?(execution|interpreter)|executable_?code|container|^shell/, 'code_execution'],
  [/computer/, 'computer'],
  [/file_?search|file_?data|collections|attachment/, 'files'],
  [/image_generation/, 'image_generation'],
  [/item_reference/, 'storage'],
];

/** Finds the feature that a type of tool or content belongs to. Returns undefined if none that is known. */
export function findFeatureOfType(type: string): ProviderFeature | undefined {
  const plain = type.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
  return types.find(([pattern]) => pattern.test(plain))?.[1];
}
