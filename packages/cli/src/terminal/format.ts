/** The command line formats numbers in the same way as reports. */
export * from '@cooperbench/report/format';
