import { playHistories } from './histories.ts';

playHistories(1, 2);
