// The dashboard, drawn by Grafana's own components: panels, graphs, stats, tables and transformations are those of @grafana/ui
// and @grafana/data. Around them, what Grafana's application does: answers of Prometheus become frames, options of the model
// become options of fields, panels go to their places. Data and model stand in window.PICTURE.
import React from 'react';
import { createRoot } from 'react-dom/client';
import { firstValueFrom } from 'rxjs';
import {
  EventBusSrv, FieldType, LoadingState, MutableDataFrame, ThemeContext, createTheme, dateTime, getDisplayProcessor, getFieldDisplayValues,
  getFieldDisplayName, standardTransformers, standardTransformersRegistry, transformDataFrame,
} from '@grafana/data';
import {
  BigValue, BigValueColorMode, BigValueGraphMode, BigValueTextMode, GlobalStyles, PanelChrome, PanelContextProvider, Table, TimeSeries,
} from '@grafana/ui';

const CELL = 38, GAP = 8; // GRID_CELL_HEIGHT, GRID_CELL_VMARGIN of Grafana's layout
const theme = createTheme({ colors: { mode: 'dark' } });
const { dashboard, data, width, rows } = window.PICTURE;
const range = { from: dateTime(data.from * 1000), to: dateTime(data.to * 1000) };
range.raw = range;

standardTransformersRegistry.setInit(() =>
  [standardTransformers.mergeTransformer, standardTransformers.organizeFieldsTransformer].map((t) => ({
    id: t.id, name: t.name, transformation: t, editor: () => null,
  }))
);

// ---- answers become frames ----

const legend = (format, labels) => format.replace(/\{\{(\w+)\}\}/g, (_, name) => labels[name] ?? '');

function series(target, answer) {
  const [from, to] = [Math.ceil(data.from), Math.floor(data.to)];
  return answer.map(({ metric, values }) => {
    const at = new Map(values.map(([t, v]) => [Math.round(t), Number(v)]));
    const times = Array.from({ length: to - from + 1 }, (_, i) => from + i);
    const frame = new MutableDataFrame({
      refId: target.refId,
      fields: [
        { name: 'Time', type: FieldType.time, values: times.map((t) => t * 1000) },
        { name: 'Value', type: FieldType.number, labels: metric, values: times.map((t) => at.get(t) ?? null) },
      ],
    });
    frame.fields[1].config = { displayNameFromDS: legend(target.legendFormat, metric) || 'Value' };
    return frame;
  });
}

function tableFrame(target, answer, single) {
  const labels = [...new Set(answer.flatMap((s) => Object.keys(s.metric)))];
  return new MutableDataFrame({
    refId: target.refId,
    fields: [
      { name: 'Time', type: FieldType.time, values: answer.map((s) => s.value[0] * 1000) },
      ...labels.map((name) => ({ name, type: FieldType.string, values: answer.map((s) => s.metric[name]) })),
      { name: single ? 'Value' : `Value #${target.refId}`, type: FieldType.number, values: answer.map((s) => Number(s.value[1])) },
    ],
  });
}

// ---- the model's options become options of fields ----

function put(config, id, value) {
  const [first, ...rest] = id.split('.');
  return { ...config, [first]: rest.length ? put(config[first] ?? {}, rest.join('.'), value) : value };
}

function configure(panel, frames) {
  frames.forEach((frame, nth) =>
    frame.fields.forEach((field) => {
      const name = getFieldDisplayName(field, frame, frames);
      let config = { ...field.config, custom: { ...panel.fieldConfig.defaults.custom } };
      if (field.type === FieldType.number) {
        config = { color: { mode: 'palette-classic' }, ...panel.fieldConfig.defaults, ...config };
      }
      for (const { matcher, properties } of panel.fieldConfig.overrides) {
        if (matcher.options === name) {
          config = properties.reduce((c, { id, value }) => put(c, id, value), config);
        }
      }
      field.config = config;
      field.state = { ...field.state, displayName: name, seriesIndex: nth };
      field.display = getDisplayProcessor({ field, theme, timeZone: 'utc' });
    })
  );
  return frames;
}

async function framesOf(panel) {
  const answers = data.answers[panel.id];
  const single = panel.targets.length === 1;
  let frames = panel.targets.flatMap((t, i) => (panel.type === 'table' ? [tableFrame(t, answers[i], single)] : series(t, answers[i])));
  if (panel.transformations) {
    frames = await firstValueFrom(transformDataFrame(panel.transformations, frames));
  }
  return configure(panel, frames);
}

// ---- panels ----

function Graph({ panel, frames, w, h }) {
  return (
    <TimeSeries frames={frames} structureRev={1} timeRange={range} timeZone="utc" width={w} height={h} legend={panel.options.legend}
                options={panel.options} replaceVariables={(t) => t} />
  );
}

function Stat({ panel, frames, w, h }) {
  const { fieldConfig, options: { reduceOptions } } = panel;
  const values = getFieldDisplayValues({ fieldConfig, reduceOptions, replaceVariables: (t) => t, theme, data: frames, timeZone: 'utc' });
  return values.slice(0, 1).map((v) => (
    <BigValue key="v" value={v.display} width={w} height={h} theme={theme} colorMode={BigValueColorMode.Value}
              graphMode={BigValueGraphMode.None} textMode={BigValueTextMode.Value} />
  ));
}

const Grid = ({ frames, w, h }) => <Table data={frames[0]} width={w} height={h} columnMinWidth={90} timeRange={range} />;

const VIEWS = { timeseries: Graph, stat: Stat, table: Grid };

function place({ x, y, w, h }) {
  const column = (width - GAP) / 24;
  return { left: GAP + x * column, top: y * CELL + 56, width: w * column - GAP, height: h * CELL - GAP };
}

function Panel({ panel, frames }) {
  const box = place(panel.gridPos), View = VIEWS[panel.type];
  return (
    <div style={{ position: 'absolute', ...box }}>
      <PanelChrome title={panel.title} width={box.width} height={box.height} loadingState={LoadingState.Done}>
        {(w, h) => <View panel={panel} frames={frames} w={w} h={h} />}
      </PanelChrome>
    </div>
  );
}

function Heading({ panel }) {
  const box = place(panel.gridPos);
  return <div style={{ position: 'absolute', ...box, paddingTop: 4, fontSize: 16, fontWeight: 500 }}>⌄ {panel.title}</div>;
}

function Bar() {
  const shown = dashboard.templating.list.filter((v) => v.type !== 'datasource');
  const box = { border: `1px solid ${theme.colors.border.medium}`, borderRadius: 2, padding: '4px 8px' };
  return (
    <div style={{ position: 'absolute', left: GAP, top: 12, display: 'flex', gap: 16, alignItems: 'center', fontSize: 13 }}>
      <b style={{ fontSize: 18, marginRight: 16 }}>{dashboard.title}</b>
      {shown.map((v) => (
        <span key={v.name}>
          <span style={{ ...box, background: theme.colors.background.primary }}>{v.label}</span>
          <span style={box}>{v.type === 'textbox' ? v.query : 'All'}</span>
        </span>
      ))}
    </div>
  );
}

function Page({ panels }) {
  return (
    <ThemeContext.Provider value={theme}>
      <GlobalStyles />
      <PanelContextProvider value={{ eventBus: new EventBusSrv() }}>
        <Bar />
        {panels.map((p) => (p.frames ? <Panel key={p.panel.id} {...p} /> : <Heading key={p.panel.id} {...p} />))}
      </PanelContextProvider>
    </ThemeContext.Provider>
  );
}

async function draw() {
  const shown = dashboard.panels.filter((p) => p.gridPos.y < rows);
  const panels = await Promise.all(shown.map(async (panel) => ({ panel, frames: panel.type === 'row' ? null : await framesOf(panel) })));
  createRoot(document.getElementById('page')).render(<Page panels={panels} />);
}

draw().catch((error) => { document.title = `failed: ${error.stack}`; document.body.textContent = error.stack; });
