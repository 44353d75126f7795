(function () {
  // a click on a point opens the plan behind it, where its files are beside the page
  [].forEach.call(document.querySelectorAll('.chart'), function (chart) {
    if (!chart.on) return;
    chart.on('plotly_click', function (event) {
      var point = event.points[0], links = point.data.meta;
      if (Array.isArray(links) && links[point.pointNumber]) location.href = links[point.pointNumber];
    });
  });

  var holder = document.getElementById('data-pairs');
  if (!holder) return;
  var data = JSON.parse(holder.textContent);
  function part(name) { return document.getElementById('pairs-' + name); }
  var from = part('a'), to = part('b');

  function element(tag, text, name) {
    var made = document.createElement(tag);
    if (text !== undefined) made.textContent = text;
    if (name) made.className = name;
    return made;
  }

  function list(title, items, into) {
    var box = element('div');
    box.appendChild(element('p', title, 'note'));
    var points = element('ul', undefined, 'points');
    if (!items.length) points.appendChild(element('li', data.say.none, 'quiet'));
    items.forEach(function (item) { points.appendChild(element('li', data.words[item])); });
    box.appendChild(points);
    into.appendChild(box);
  }

  function table(key, found, into) {
    var isMoney = key === 'gain' || key === 'parties';
    var figure = element('figure', undefined, 'table'), made = element('table'), head = element('tr'), body = element('tbody');
    figure.appendChild(element('figcaption', data.tables[key].title));
    data.tables[key].heads.forEach(function (title, i) { head.appendChild(element('th', title, i ? '' : 'word')); });
    found.rows.forEach(function (row) {
      var line = element('tr');
      row.forEach(function (cell, i) {
        var text = i ? cell : data.words[cell], last = i === row.length - 1;
        line.appendChild(element(i ? 'td' : 'th', text, isMoney && last && text.charAt(0) === '\u2212' ? 'loss' : ''));
      });
      body.appendChild(line);
    });
    if (found.more) {
      var more = element('tr');
      more.appendChild(element('th', '+ ' + found.more, 'quiet'));
      body.appendChild(more);
    }
    made.appendChild(element('thead')).appendChild(head);
    made.appendChild(body);
    var scroll = element('div', undefined, 'scroll');
    scroll.appendChild(made);
    figure.appendChild(scroll);
    into.appendChild(figure);
  }

  function chart(steps) {
    var spot = part('chart'), count = steps.sizes.length + 2, at = [], layout = JSON.parse(JSON.stringify(data.layout));
    for (var i = count; i > 0; i--) at.push(i);
    layout.height = 90 + 26 * count;
    layout.yaxis.tickvals = at;
    layout.yaxis.ticktext = steps.names.map(function (name, i) { return i && i < count - 1 ? data.ticks[name] : '<b>' + data.ticks[name] + '</b>'; });
    layout.yaxis.range = [0.3, count + 0.7];
    spot.style.height = layout.height + 'px';
    spot.style.minWidth = '560px';
    Plotly.react(spot, [{
      type: 'waterfall', orientation: 'h', y: at,
      measure: ['absolute'].concat(steps.sizes.map(function () { return 'relative'; }), ['total']),
      x: [steps.ends[0]].concat(steps.sizes, [steps.ends[1]]),
      text: steps.texts, textposition: 'outside', cliponaxis: false, hoverinfo: 'none',
      totals: {marker: {color: data.colours[0]}},
      increasing: {marker: {color: data.colours[1]}},
      decreasing: {marker: {color: data.colours[2]}},
      connector: {line: {width: 0.7, color: '#8a949e'}}
    }], layout, {displayModeBar: false, responsive: true, scrollZoom: false, doubleClick: false});
  }

  function show() {
    var a = +from.value, b = +to.value, pair = data.pairs[a + ',' + b];
    var said = part('said'), tables = part('tables'), steps = pair && pair.steps;
    said.textContent = tables.textContent = '';
    [a, b].forEach(function (number, i) {
      var why = data.policies[number].why;
      if (why >= 0 && (i === 0 || a !== b)) said.appendChild(element('p', data.words[why], 'bad'));
    });
    part('chart').style.display = part('title').style.display = steps ? '' : 'none';
    if (a === b) { said.appendChild(element('p', data.say.same)); return; }
    if (!pair) { said.appendChild(element('p', data.say.not_held)); return; }
    var changes = element('div', undefined, 'beside');
    list(data.say.only_a.replace('{policy}', data.words[data.policies[a].name]), pair.a, changes);
    list(data.say.only_b.replace('{policy}', data.words[data.policies[b].name]), pair.b, changes);
    said.appendChild(changes);
    if (steps) chart(steps);
    ['gain', 'parties', 'products', 'areas', 'sold'].forEach(function (key) { if (pair[key]) table(key, pair[key], tables); });
  }

  from.addEventListener('change', show);
  to.addEventListener('change', show);
  part('swap').addEventListener('click', function () { var kept = from.value; from.value = to.value; to.value = kept; show(); });
  show();
})();
