/** Names that apply where the user gives none, as in the original. */
export const defaultNames = { agents: 'mini_swe_agent', backends: 'modal' } as const;
